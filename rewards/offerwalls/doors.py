"""
The doors for offerwall rewards: machines come in with a proof and hear what came of it in their own form. Some networks call by GET, so
a GET may write here.
"""

import json

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from common.errors import Busy
from identity.browsers import address_of
from rewards.offerwalls import engine, receiving
from rewards.offerwalls.networks import NETWORKS

LARGEST_BODY = 16 * 1024
MOST_FIELDS = 60


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest, network: str) -> HttpResponse:
    """
    One reward. No such network, or none that we have a key for, 404; a way it does not call by 405; too large 413; busy 503; else what
    the network wants to hear.
    """
    way = NETWORKS.get(network)
    if way is None or not receiving.keys_of(way):
        return HttpResponse(status=404)
    if request.method not in way.methods:
        return HttpResponse(status=405, headers={"Allow": ", ".join(way.methods)})
    if not _is_small(request):
        return HttpResponse(status=413)
    told = engine.read(way, _parameters(request), request.headers)
    try:
        received = receiving.receive(network=way, told=told, sender=address_of(request), at=timezone.now())
    except Busy:
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    answer = way.answers[received.outcome]
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


def _is_small(request: HttpRequest) -> bool:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return declared.isascii() and declared.isdigit() and int(declared) <= LARGEST_BODY


def _parameters(request: HttpRequest) -> dict[str, str]:
    """The query of a GET, the form or JSON of a POST; the last of a name that comes twice."""
    if request.method == "POST" and request.content_type == "application/json":
        return _json(request.body)
    found = request.POST if request.method == "POST" else request.GET
    return {name: found[name] for name in list(found)[:MOST_FIELDS]}


def _json(body: bytes) -> dict[str, str]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {_clean(name): _clean(value) for name, value in list(read.items())[:MOST_FIELDS] if isinstance(value, str | int)}


def _clean(value: object) -> str:
    """Text that can be written and signed: half of a letter becomes a question mark."""
    return str(value).encode("utf-8", "replace").decode()
