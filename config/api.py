"""
The two JSON APIs: one for advertisers' teams at /api/v1/, one for the reward app at /api/luckffle/v1/.

Every refusal leaves as `{code, message, detail}` from here; what is no refusal stays a crash that gets reported.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import DocsBase, Swagger
from ninja.parser import Parser

from campaigns.api import advertiser, analytics, confirmed, credits, drafts, files, images, luckffle, questions, reports, webhooks
from campaigns.api.team_auth import READS, READS_CREDITS
from common import refusals, rehearsal
from common.errors import DomainError
from common.korean import sentence_for
from config.reference import Reference
from payments import api as payments_api
from rewards import account_api, device_api, identity_api, offerwall_api, raffle_api, shop_api
from rewards import api as rewards_api
from rewards.app_auth import AppToken


class StrictParser(Parser):
    """JSON without what readers disagree on: a name twice in one object, NaN or Infinity, a mark in front, other bytes than UTF-8."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body.decode(), object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice in one object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _api(*, title: str, urls_namespace: str, auth: Any, docs: DocsBase) -> NinjaAPI:
    api = NinjaAPI(
        title=title,
        version="1",
        urls_namespace=urls_namespace,
        auth=auth,
        parser=StrictParser(),
        docs=docs,
        docs_decorator=require_safe,
    )

    @api.exception_handler(DomainError)
    def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
        return refusals.of(refusal)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, refusal: ValidationError) -> HttpResponse:
        fields = [{"field": _field_of(error["loc"]), "message": sentence_for(error)} for error in refusal.errors]
        return refusals.by_status(422, detail={"fields": fields})

    @api.exception_handler(HttpError)
    def by_status(request: HttpRequest, refusal: HttpError) -> HttpResponse:
        return refusals.by_status(refusal.status_code)

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, refusal: Http404) -> HttpResponse:
        return refusals.by_status(404)

    @api.exception_handler(PermissionDenied)
    def denied(request: HttpRequest, refusal: PermissionDenied) -> HttpResponse:
        return refusals.by_status(403)

    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    def away(request: HttpRequest, refusal: Exception) -> HttpResponse:
        return refusals.by_status(503)

    return api


def _field_of(place: Sequence[Any]) -> str:
    """ "body.answer.credit.budget" without the part that is ours: where it stood and the name of the parameter."""
    inner = place[2:] if place and place[0] == "body" else place[1:]
    return ".".join(str(part) for part in inner)


luckffle_api = _api(title="럭플 API", urls_namespace="luckffle-api", auth=AppToken(), docs=Swagger())
luckffle_api.add_router("", rewards_api.router)
luckffle_api.add_router("", account_api.router)
luckffle_api.add_router("", identity_api.router)
luckffle_api.add_router("", raffle_api.router)
luckffle_api.add_router("", shop_api.router)
luckffle_api.add_router("", offerwall_api.router)
luckffle_api.add_router("", device_api.router)
luckffle_api.add_router("", luckffle.router)
luckffle_api.add_router("", questions.router)

advertiser_api = _api(title="부스트 API", urls_namespace="advertiser-api", auth=READS, docs=Reference())
advertiser_api.add_decorator(rehearsal.operation)
advertiser_api.add_decorator(rehearsal.answer, mode="view")
advertiser_api.add_router("", advertiser.router)
advertiser_api.add_router("", drafts.router)
advertiser_api.add_router("", payments_api.router, auth=READS_CREDITS)
advertiser_api.add_router("", credits.router)
advertiser_api.add_router("", images.router)
advertiser_api.add_router("", analytics.router)
advertiser_api.add_router("", files.router)
advertiser_api.add_router("", reports.router)
advertiser_api.add_router("", confirmed.router)
advertiser_api.add_router("", webhooks.router)
