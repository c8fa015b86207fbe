"""The machine door of the SMS supplier. Nothing that a message says is believed; it says when to ask."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseAway
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common import refused
from identity import sms_reports

logger = logging.getLogger(__name__)
LARGEST_BODY = 256 * 1024


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, token: str) -> HttpResponse:
    """Take reports: not proved 401, too large 413, database away 503, else 200, because other answers are only repeated."""
    if not sms_reports.is_proved(request.headers.get("X-Solapi-Secret", ""), token):
        logger.warning("A report of the SMS supplier was not proved")
        refused.count("identity.solapi", at=timezone.now())
        return HttpResponse(status=401)
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except UnreadablePostError:
        return HttpResponse(status=400)
    if len(body) > LARGEST_BODY:
        return HttpResponse(status=413)
    try:
        reports = sms_reports.read(body) if request.headers.get("X-Solapi-Event-Name", "SINGLE-REPORT") == "SINGLE-REPORT" else []
    except ValueError:
        logger.warning("A report of the SMS supplier could not be read")
        return HttpResponse("ok", content_type="text/plain")
    try:
        sms_reports.receive(reports, at=timezone.now())
    except DatabaseAway:
        logger.exception("Unable to store reports of the SMS supplier")
        return HttpResponse(status=503)
    return HttpResponse("ok", content_type="text/plain")
