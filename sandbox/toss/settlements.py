"""Movements of money as they are settled, honest or spoiled by control (`sandbox.spoils`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.context import Sandbox
from sandbox.spoils import Spoil, spoils_of
from sandbox.toss import shapes
from sandbox.toss.clock import KST, parse
from sandbox.toss.payments import Movement, Payment, Payments

PAID_OUT_AFTER = timedelta(days=2)


def movements(sandbox: Sandbox) -> list[tuple[Payment, Movement]]:
    """Money that came or went, oldest first."""
    rows = [(payment, moved) for payment in Payments(sandbox.book).all() for moved in payment.movements]
    return sorted(rows, key=lambda row: parse(row[1].at))


def lines(sandbox: Sandbox, *, first: str, last: str) -> list[dict[str, Any]]:
    """What is settled for the days first to last, both included."""
    spoils = spoils_of(sandbox, "toss")
    listed: list[dict[str, Any]] = []
    for payment, moved in movements(sandbox):
        if first <= _day(moved.at) <= last:
            listed += _lines(sandbox, payment, moved, [spoil for spoil in spoils if spoil.payment_id == payment.order_id])
    invented = [spoil for spoil in spoils if spoil.how == "invent"]
    return listed + [line for spoil in invented for line in _invented(sandbox, spoil, on=first)]


def _lines(sandbox: Sandbox, payment: Payment, moved: Movement, spoils: list[Spoil]) -> list[dict[str, Any]]:
    how = {spoil.how: spoil.by for spoil in spoils} if moved.amount > 0 else {}
    if "drop" in how:
        return []
    shown = Movement(moved.transaction_key, moved.status, moved.amount + how.get("amount", 0), moved.at)
    line = shapes.settlement(sandbox, payment, shown, sold_on=_day(moved.at), paid_out_on=_paid_out(moved.at))
    more = how.get("fee", 0)
    line = line | {"fee": line["fee"] + more, "supplyAmount": line["supplyAmount"] + more, "payOutAmount": line["payOutAmount"] - more}
    return [line, line] if "twice" in how else [line]


def _invented(sandbox: Sandbox, spoil: Spoil, *, on: str) -> list[dict[str, Any]]:
    """The line of a payment that never was, made of the first one that was."""
    for payment, moved in movements(sandbox)[:1]:
        never = Movement(f"tx-{spoil.payment_id}", "DONE", spoil.by, moved.at)
        line = shapes.settlement(sandbox, payment, never, sold_on=on, paid_out_on=_paid_out(moved.at))
        return [line | {"orderId": spoil.payment_id, "paymentKey": f"key-{spoil.payment_id}"}]
    return []


def _day(text: str) -> str:
    return parse(text).astimezone(KST).date().isoformat()


def _paid_out(text: str) -> str:
    return (parse(text) + PAID_OUT_AFTER).astimezone(KST).date().isoformat()
