"""What of the ledger stands in the way of closing an advertiser's account."""

from django.db.models import Sum
from django.urls import reverse

from advertisers.closing import Blocker
from advertisers.models import Advertiser
from credits import services as ledger
from credits.models import Lot


def blockers(advertiser: Advertiser, *, lock: bool) -> list[Blocker]:
    """Paid credits that are left. Bonus credits are no money of the advertiser's and end with the account."""
    if lock:
        ledger.lock_wallet(advertiser)
    left = Lot.objects.filter(advertiser=advertiser, kind=Lot.Kind.PAID).aggregate(n=Sum("available"))["n"] or 0
    if not left:
        return []
    text = f"충전한 크레딧이 {left:,} 남아 있어요. 환불받거나 다 쓴 뒤에 닫을 수 있어요."
    return [Blocker("credits", text, reverse("payments:payment-history"), "환불 요청하기")]
