"""
A seam that shifts the product's clock, so that days and deadlines can be tried from outside.

Only `django.utils.timezone.now` moves. `/readyz`, the webhook window and the sandbox keep real time. Refused in production.
"""

from datetime import datetime, timedelta

from django.utils import timezone

_real_now = timezone.now


def real_now() -> datetime:
    """The unshifted clock, aware, UTC."""
    return _real_now()


def install(*, offset_seconds: int) -> None:
    """Make `timezone.now()` run `offset_seconds` ahead (negative: behind). Zero restores the real clock."""
    if offset_seconds == 0:
        timezone.now = _real_now
        return
    offset = timedelta(seconds=offset_seconds)

    def shifted_now() -> datetime:
        return _real_now() + offset

    timezone.now = shifted_now
