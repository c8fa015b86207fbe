"""What of payments stands in the way of closing an advertiser's account."""

from django.urls import reverse

from advertisers.closing import Blocker
from advertisers.models import Advertiser
from payments.models import PaymentOrder, Refund

OVER = (Refund.State.DONE, Refund.State.DENIED, Refund.State.WITHDRAWN)
OPEN = (PaymentOrder.State.WINDOW_OPEN, PaymentOrder.State.ACCOUNT_ISSUED, PaymentOrder.State.DISPUTED)


def blockers(advertiser: Advertiser, *, lock: bool) -> list[Blocker]:
    """Refunds on their way, and orders of which we do not know the end. The wallet's lock holds both."""
    found = []
    if refunds := Refund.objects.owned_by(advertiser).exclude(state__in=OVER).count():
        found.append(Blocker("refunds", f"끝나지 않은 환불이 {refunds}건 있어요.", reverse("payments:refunds"), "환불 내역 보기"))
    for order in PaymentOrder.objects.owned_by(advertiser).filter(state__in=OPEN).order_by("pk"):
        page = reverse("payments:order", args=[order.order_id])
        found.append(Blocker("order", f"주문 {order.order_id}의 결제가 아직 끝나지 않았어요.", page, "주문 보기"))
    return found
