"""
The doors for postbacks: machines come in with a key and a proof, and get an answer in their own form. Networks call by GET as well as by
POST, so these are the only addresses where a GET may write.
"""

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import PostbackLog
from campaigns.postbacks import pace
from campaigns.postbacks.networks import NETWORKS
from campaigns.postbacks.words import WORDS
from campaigns.services import conversions
from common.errors import Busy
from identity.browsers import address_of

LARGEST_BODY = 16 * 1024
MOST_FIELDS = 60


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def postback(request: HttpRequest, network: str, credential: str = "") -> HttpResponse:
    """
    One conversion. Too large 413, no such network 404, busy 503, too many a minute 429; else what the network makes of the outcome, with
    the way to mend it.
    """
    if network not in NETWORKS:
        return HttpResponse(status=404)
    if not _is_small(request):
        return HttpResponse(status=413)
    way, at = NETWORKS[network], timezone.now()
    try:
        row = conversions.receive(network=network, told=way.read(_parameters(request), credential), at=at, sender=address_of(request))
    except Busy:
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    words = WORDS[row.outcome]
    answer = {"result": row.outcome.lower(), "message": words.means, "fix": words.fix, "test": row.is_test, "log": str(row.public_id)}
    response = JsonResponse(answer, status=way.status(PostbackLog.Outcome(row.outcome)), json_dumps_params={"ensure_ascii": False})
    if row.outcome == PostbackLog.Outcome.TOO_MANY:
        response.headers["Retry-After"] = str(pace.seconds_to_wait(at))
    return response


def _is_small(request: HttpRequest) -> bool:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return declared.isascii() and declared.isdigit() and int(declared) <= LARGEST_BODY


def _parameters(request: HttpRequest) -> Mapping[str, str]:
    """Query, form or JSON, whatever the caller likes; the last of a name that comes twice."""
    found = {name: request.GET[name] for name in list(request.GET)[:MOST_FIELDS]}
    if request.method == "POST" and request.content_type == "application/json":
        return found | _json(request.body)
    if request.method == "POST":
        found |= {name: request.POST[name] for name in list(request.POST)[:MOST_FIELDS]}
    return found


def _json(body: bytes) -> dict[str, str]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {_text(name): _text(str(value)) for name, value in list(read.items())[:MOST_FIELDS] if isinstance(value, str | int)}


def _text(written: str) -> str:
    """JSON may name halves of a character, which no database and no signature can take: they become question marks."""
    return written.encode("utf-8", "replace").decode()
