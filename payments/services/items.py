"""Opening differences. Nothing here moves money."""

from datetime import datetime

from identity import notifications
from payments.gateways.base import RemoteCancel
from payments.models import PaymentOrder, ReconciliationItem

Kind = ReconciliationItem.Kind


def open_item(
    *,
    kind: ReconciliationItem.Kind,
    key: str,
    gateway: str,
    ref: str,
    at: datetime,
    order: PaymentOrder | None = None,
    cancel: RemoteCancel | None = None,
    amount_krw: int = 0,
    differences: dict[str, list[str]] | None = None,
) -> ReconciliationItem:
    """
    Put one difference before the operators, and call them. Joins the caller's transaction; the same key again opens nothing.

    differences: name → [ours, theirs], as text.
    """
    item, created = ReconciliationItem.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "order": order,
            "gateway": gateway,
            "ref": ref,
            "cancel_id": cancel.id if cancel else "",
            "amount_krw": cancel.amount_krw if cancel else amount_krw,
            "differences": differences or {},
            "opened_at": at,
        },
    )
    if created:
        notifications.alert_operators(
            kind="payments.difference",
            title=f"대사 차이: {kind.label}",
            body=f"결제 번호 {ref}를 확인해 주세요. 처리하기 전에는 돈이 움직이지 않아요.",
            key=f"payments:item:{key}"[:200],
            at=at,
        )
    return item
