"""The machine door: signed messages of payment companies. Never talks to the broker, never acts on what a message says."""

import logging
from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import Error as DatabaseAway
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from common import refused
from payments.gateways import get_gateway
from payments.gateways.base import WebhookRefused
from payments.services import webhooks

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
REFUSED = Counter("boost_webhook_refused_total", "Webhooks that were not proved to come from the supplier", ["gateway", "reason"])
RECEIVED = Counter("boost_webhook_received_total", "Webhooks that were proved and stored", ["gateway"])


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, gateway: str) -> HttpResponse:
    """
    Store one message: too large 413, not proved 401, database away 503, else exactly 200 whatever it says.

    The order of steps matters: size, raw bytes, sender or signature, and only then anything that reads the content.
    """
    if gateway not in settings.PAYMENT_GATEWAYS:
        return HttpResponse(status=404)
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isascii() and declared.isdigit() and int(declared) > LARGEST_BODY:
        return HttpResponse(status=413)
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except UnreadablePostError:
        return HttpResponse(status=400)
    if len(body) > LARGEST_BODY:
        return HttpResponse(status=413)
    chosen = get_gateway(gateway)
    if chosen.webhook_sources and not _comes_from(request, chosen.webhook_sources):
        return _refused(gateway, "source")
    try:
        event = chosen.parse_webhook(headers=request.headers, body=body)
    except WebhookRefused as refusal:
        return _refused(gateway, refusal.reason)
    except Exception:  # a verifier that stumbles has proved nothing: the answer to a forger must be a refusal, never a 500
        logger.exception("Unable to verify a webhook of %s", gateway)
        return _refused(gateway, "verifier_error")
    try:
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhooks.receive(gateway=gateway, event=event, headers=headers, body=body, at=timezone.now())
    except WebhookRefused as refusal:
        return _refused(gateway, refusal.reason)
    except DatabaseAway:
        logger.exception("Unable to store a webhook of %s", gateway)
        return HttpResponse(status=503)
    RECEIVED.labels(gateway).inc()
    if not event.ref:
        logger.info("Webhook %s of %s is about nothing of ours", event.event_id, gateway)
    return HttpResponse("ok", content_type="text/plain", status=200)


def _comes_from(request: HttpRequest, networks: tuple[str, ...]) -> bool:
    """True when the caller's address, as our own proxies tell it, is in one of these networks."""
    try:
        caller = ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return False
    return any(caller in ip_network(network) for network in networks)


def _refused(gateway: str, reason: str) -> HttpResponse:
    REFUSED.labels(gateway, reason).inc()
    logger.warning("A webhook of %s was refused: %s", gateway, reason)
    refused.count(f"payments.{gateway}", at=timezone.now())
    return HttpResponse(status=401)
