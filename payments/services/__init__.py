"""Every change of orders, refunds and differences. Each function owns its transaction unless it says that it joins one."""

from payments.services.orders import checkout_of, create_order, ensure_packages, open_window
from payments.services.reconciliation import Report, reconcile, reconcile_order, settle_item, sweep
from payments.services.refunding import retry_refund
from payments.services.refunds import RefundQuote, approve_refund, deny_refund, quote_refund, request_refund, withdraw_refund
from payments.services.refusals import (
    AccountRestricted,
    ItemAlreadySettled,
    KeyConflict,
    NothingToRefund,
    OpenRefundFirst,
    OrderDisputed,
    OrderNotPayable,
    PackageNotOffered,
    ReasonMissing,
    RefundAlreadySent,
    RefundNotOpen,
    RefundNotPossible,
    RefundNotStuck,
    RefundTooMuch,
    RefundWindowClosed,
)
from payments.services.sync import Source, sync_order

__all__ = [
    "AccountRestricted",
    "ItemAlreadySettled",
    "KeyConflict",
    "NothingToRefund",
    "OpenRefundFirst",
    "OrderDisputed",
    "OrderNotPayable",
    "PackageNotOffered",
    "ReasonMissing",
    "RefundAlreadySent",
    "RefundNotOpen",
    "RefundNotPossible",
    "RefundNotStuck",
    "RefundQuote",
    "RefundTooMuch",
    "RefundWindowClosed",
    "Report",
    "Source",
    "approve_refund",
    "checkout_of",
    "create_order",
    "deny_refund",
    "ensure_packages",
    "open_window",
    "quote_refund",
    "reconcile",
    "reconcile_order",
    "request_refund",
    "retry_refund",
    "settle_item",
    "sweep",
    "sync_order",
    "withdraw_refund",
]
