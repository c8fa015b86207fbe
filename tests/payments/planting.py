"""
Ten differences, planted in one company's book and in its settlement list. Everything goes over HTTP to the stand-in.

Nothing of the product is imported here: what a reconciler makes of them is not this module's business.
"""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox_process import SandboxProcess

STRANGER, INVENTED = "BO01NEVERSOLD000000000000000", "BO01INVENTED00000000000000"
TOSS_KEY = "Basic dGVzdF9za19zYW5kYm94Og=="
IN_THE_LIST = ("drop", "twice", "fee", "amount")


class Planter:
    """
    What goes wrong at a payment company.

    in_the_book: faults of payments that were sold.   bends: what the company says wrongly of a payment.   wishes: what is paid wrongly.
    """

    service = ""
    in_the_book: tuple[str, ...] = ()
    bends: dict[str, dict[str, Any]] = {}
    wishes = {"amount_paid": {"amount": 99_000}}  # how the buyer pays another thing than was sold

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def plant(self, orders: dict[str, str], *, checkout: dict[str, Any], at: str) -> dict[str, str]:
        """
        Plant what is left of the ten; the number of each by its name.

        orders: numbers of payments, one for each fault of a payment that was sold.
        checkout: of some order, to be paid under a number that nobody sold.   at: when that was, ISO.
        """
        self.stranger(checkout, at)
        self.console_cancel(orders["console_cancel"])
        if "dispute" in orders:
            self.control(orders["dispute"], "dispute")
        for how, by in (("drop", 0), ("twice", 0), ("fee", 550), ("amount", -1_000)):
            self._spoil(orders[how], how, by)
        self._spoil(INVENTED, "invent", 55_000)
        return {**orders, "stranger": STRANGER, "invent": INVENTED}

    def bend(self, order_id: str, fault: str) -> None:
        """Let the company say another currency or shop of a payment than was agreed, if that is the fault."""
        if fault in self.bends:
            self.control(order_id, "overlay", **self.bends[fault])

    def stranger(self, checkout: dict[str, Any], at: str) -> None:
        """Somebody pays under a number that we never gave."""
        raise NotImplementedError

    def console_cancel(self, order_id: str) -> None:
        """A person at the company's console gives 11,000 won back."""
        raise NotImplementedError

    def control(self, order_id: str, action: str, **body: Any) -> Any:
        raise NotImplementedError

    def _spoil(self, order_id: str, how: str, by: int) -> None:
        self.sandbox.control("POST", "/settlements/spoil", {"payment_id": order_id, "how": how, "by": by, "service": self.service})


class PortOnePlanter(Planter):
    service = "portone"
    in_the_book = ("currency", "amount_paid", "console_cancel", "dispute")
    bends = {"currency": {"currency": "USD"}}

    def control(self, order_id: str, action: str, **body: Any) -> Any:
        return self.sandbox.control("POST", f"/payments/{order_id}/{action}", body)

    def stranger(self, checkout: dict[str, Any], at: str) -> None:
        self.sandbox.control("POST", "/payments", {"request": {**checkout, "paymentId": STRANGER}})
        self.control(STRANGER, "approve", paid_at=at)

    def console_cancel(self, order_id: str) -> None:
        self.control(order_id, "console-cancel", amount=11_000)


class TossPlanter(Planter):
    service = "toss"
    in_the_book = ("currency", "amount_paid", "shop", "console_cancel")
    bends = {"currency": {"currency": "USD"}, "shop": {"mId": "another_shop"}}

    def control(self, order_id: str, action: str, **body: Any) -> Any:
        return self.sandbox.control("POST", f"/toss/payments/{order_id}/{action}", body)

    def stranger(self, checkout: dict[str, Any], at: str) -> None:
        request = {**checkout["request"], "orderId": STRANGER}
        said = {"client_key": checkout["clientKey"], "customer_key": checkout["customerKey"], "request": request}
        self.sandbox.control("POST", "/toss/payments", said)
        agreed = self.control(STRANGER, "agree", approved_at=at)
        body = {"paymentKey": agreed["payment_key"], "orderId": STRANGER, "amount": request["amount"]["value"]}
        confirm = f"{self.sandbox.base_url}/toss/v1/payments/confirm"
        assert httpx.post(confirm, json=body, headers={"authorization": TOSS_KEY}, trust_env=False).status_code == 200

    def console_cancel(self, order_id: str) -> None:
        self.control(order_id, "desk-cancel", amount=11_000)


PLANTERS: dict[str, type[Planter]] = {planter.service: planter for planter in (PortOnePlanter, TossPlanter)}
