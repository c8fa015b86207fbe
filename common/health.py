"""Liveness and readiness. Both use real time."""

from datetime import datetime

from django.db import Error as DatabaseAway
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from common import clock

CLOCK_TOLERANCE_SECONDS = 120


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and our clock agrees with its clock to within 120 s; 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            database_now: datetime = cursor.fetchone()[0]
    except DatabaseAway:
        return JsonResponse({"status": "database away"}, status=503)
    drift = abs((clock.real_now() - database_now).total_seconds())
    if drift > CLOCK_TOLERANCE_SECONDS:
        return JsonResponse({"status": "clock is off", "seconds": round(drift)}, status=503)
    return JsonResponse({"status": "ready"})
