"""What waits for operators. The number of queries does not depend on the number of rows."""

from django.http import HttpRequest

from common.models import Effect


def waiting_for(request: HttpRequest) -> dict[str, int]:
    """Counts of waiting work by name, read once per request."""
    known: dict[str, int] | None = getattr(request, "_waiting_work", None)
    if known is None:
        known = waiting()
        request._waiting_work = known  # type: ignore[attr-defined]
    return known


def waiting() -> dict[str, int]:
    """Counts of waiting work by name."""
    return {"parked_effects": Effect.objects.filter(state=Effect.State.PARKED).count()}
