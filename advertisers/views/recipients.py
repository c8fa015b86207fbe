"""The page behind the link in mails to report addresses. Looking changes nothing: mail programs look before people do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from advertisers import services
from identity.contacts import masked_email


@require_safe
@never_cache
def recipient(request: HttpRequest, token: str) -> HttpResponse:
    """Whether reports go to the address, and the buttons to change that."""
    try:
        found = services.find_recipient(token=token)
    except services.RecipientGone as refusal:
        return _gone(request, refusal)
    context = {"recipient": found, "token": token, "address": masked_email(found.email)}
    return TemplateResponse(request, "advertisers/recipient.html", context)


@require_POST
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The owner of the address wants reports."""
    return _act(request, token, services.confirm_recipient)


@csrf_exempt
@require_POST
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Enough. Mail programs post here by themselves when somebody presses their button (RFC 8058), without a page of ours."""
    return _act(request, token, services.stop_recipient)


def _act(request: HttpRequest, token: str, service: Callable[..., Any]) -> HttpResponse:
    at: datetime = timezone.now()
    try:
        service(token=token, at=at)
    except services.RecipientGone as refusal:
        return _gone(request, refusal)
    return redirect("advertisers:recipient", token)


def _gone(request: HttpRequest, refusal: services.RecipientGone) -> HttpResponse:
    return TemplateResponse(request, "advertisers/recipient_gone.html", {"refusal": refusal}, status=404)
