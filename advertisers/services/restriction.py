"""Stopping new spending of an advertiser."""

from datetime import datetime

from advertisers import events
from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from common.errors import DomainError
from common.transactions import joined


class RestrictionReasonMissing(DomainError):
    """Nobody is restricted without a reason."""

    code = "advertisers.restriction_reason_missing"
    message = "제한하는 이유를 적어 주세요."
    http_status = 422


def restrict(*, advertiser: Advertiser, reason: str, at: datetime) -> Advertiser:
    """
    Stop new spending of an advertiser until an operator lifts it. Joins the caller's transaction; a second reason does not replace
    the first.

    reason: a Korean sentence that the advertiser reads, up to 200 characters.

    :raises RestrictionReasonMissing: the reason is empty.
    """
    joined("a restriction")
    if not reason.strip():
        raise RestrictionReasonMissing
    changed = Advertiser.objects.filter(pk=advertiser.pk, restricted_reason="").update(restricted_reason=reason.strip(), restricted_at=at)
    advertiser.refresh_from_db(fields=["restricted_reason", "restricted_at"])
    if changed:
        tell_team(
            events.RESTRICTED,
            advertiser=advertiser,
            facts={"reason": advertiser.restricted_reason},
            url="/my-page/",
            key=f"advertiser:{advertiser.public_id}:restricted:{at.isoformat()}",
            at=at,
        )
    return advertiser


def lift_restriction(*, advertiser: Advertiser, at: datetime) -> Advertiser:
    """
    Let an advertiser spend again. Joins the caller's transaction; without a restriction nothing happens.

    :raises RuntimeError: outside a transaction.
    """
    joined("lifting a restriction")
    changed = Advertiser.objects.filter(pk=advertiser.pk).exclude(restricted_reason="").update(restricted_reason="", restricted_at=None)
    advertiser.refresh_from_db(fields=["restricted_reason", "restricted_at"])
    if changed:
        tell_team(
            events.RESTRICTION_LIFTED,
            advertiser=advertiser,
            url="/my-page/",
            key=f"advertiser:{advertiser.public_id}:restriction-lifted:{at.isoformat()}",
            at=at,
        )
    return advertiser
