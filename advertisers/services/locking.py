"""One change of a team at a time."""

from advertisers.models import Advertiser
from common.transactions import joined


def lock_team(advertiser: Advertiser) -> Advertiser:
    """
    The advertiser's row, fresh and locked, so that team, limits and ownership change one after the other. Joins the caller's
    transaction. Rows that refer to the advertiser can still be written meanwhile; no wallet is locked after it.

    :raises RuntimeError: outside a transaction.
    """
    joined("a change of the team")
    return Advertiser.objects.select_for_update(no_key=True).get(pk=advertiser.pk)
