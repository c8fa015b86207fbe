"""Money to decide about: top-ups paid at the sandbox and refunds asked for, made with the services, on a real socket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from advertisers.models import Advertiser
from common import effects
from identity.models import User
from payments import services as payments
from payments.models import Package, PaymentOrder, Refund
from tests.sandbox_process import SandboxProcess


@dataclass
class Cashier:
    """What advertisers and the card company do, so that operators have something to decide."""

    sandbox: SandboxProcess
    clicks: int = 0

    def top_up(self, advertiser: Advertiser, by: User, credits: int, *, bonus: int = 0, at: datetime | None = None) -> PaymentOrder:
        """Buy credits by card, to the end."""
        at = at or timezone.now()
        self.clicks += 1
        package, _ = Package.objects.update_or_create(credits=credits, defaults={"bonus_credits": bonus, "is_offered": True})
        order = payments.create_order(advertiser=advertiser, package=package, by=by, at=at, key=f"click-{self.clicks}")
        window = payments.open_window(order=order, at=at)
        self.sandbox.control("POST", "/payments", {"request": window})
        self.sandbox.control("POST", f"/payments/{order.order_id}/approve", {})
        order = payments.sync_order(order_id=order.order_id, at=at)
        assert order.state == PaymentOrder.State.PAID
        return order

    def ask(self, order: PaymentOrder, by: User, credits: int | None = None, *, reason: str = "일정이 바뀌었어요") -> Refund:
        """Ask for credits of one order back."""
        self.clicks += 1
        at = timezone.now()
        wanted = credits or payments.quote_refund(order=order, at=at).terms.credits
        return payments.request_refund(order=order, credits=wanted, reason=reason, by=by, at=at, key=f"click-{self.clicks}")

    def work(self) -> int:
        """Let everything that is due happen."""
        return effects.run_due(at=timezone.now())

    def cancels(self, order: PaymentOrder) -> list[dict[str, Any]]:
        """The cancels in the card company's own book."""
        told = self.sandbox.control("GET", f"/payments/{order.order_id}")
        return list(told["payment"].get("cancellations", []))

    def cancel_calls(self) -> list[dict[str, Any]]:
        """Every cancel call that reached the card company."""
        return list(self.sandbox.control("GET", "/calls", method="POST", path="cancel")["calls"])
