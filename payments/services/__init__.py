"""Every change of orders, refunds and differences. Each function owns its transaction unless it says that it joins one."""

from payments.services.disputes import open_dispute
from payments.services.offers import Bonus, bonuses_for, release_given_up
from payments.services.offers import end as end_offer
from payments.services.offers import raise_budget as raise_offer_budget
from payments.services.orders import checkout_of, create_order, ensure_packages, open_window
from payments.services.payers import (
    CHECK_AT_FIRST_PAYMENT,
    NothingToDecide,
    OverTopUpLimit,
    PayerNotProved,
    ask_second,
    needs_proof,
    prove_payer,
)
from payments.services.payers import refuse as refuse_as_second
from payments.services.payers import second as approve_as_second
from payments.services.reconciliation import Report, reconcile, reconcile_order, settle_item, sweep
from payments.services.refunding import retry_refund
from payments.services.refunds import RefundQuote, approve_refund, deny_refund, quote_refund, request_refund, withdraw_refund
from payments.services.refusals import (
    AccountRestricted,
    BonusChanged,
    CouponInUse,
    CouponNotFound,
    CouponTooSmall,
    CouponUsed,
    ItemAlreadySettled,
    KeyConflict,
    NothingToRefund,
    OfferEnded,
    OfferOver,
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
from payments.services.settlements import SettlementOutside, SettlementTaken, SettlementUnbelievable, take_settlement
from payments.services.sync import Source, sync_order

__all__ = [
    "CHECK_AT_FIRST_PAYMENT",
    "AccountRestricted",
    "Bonus",
    "BonusChanged",
    "CouponInUse",
    "CouponNotFound",
    "CouponTooSmall",
    "CouponUsed",
    "ItemAlreadySettled",
    "KeyConflict",
    "NothingToDecide",
    "NothingToRefund",
    "OfferEnded",
    "OfferOver",
    "OpenRefundFirst",
    "OrderDisputed",
    "OrderNotPayable",
    "OverTopUpLimit",
    "PackageNotOffered",
    "PayerNotProved",
    "ReasonMissing",
    "RefundAlreadySent",
    "RefundNotOpen",
    "RefundNotPossible",
    "RefundNotStuck",
    "RefundQuote",
    "RefundTooMuch",
    "RefundWindowClosed",
    "Report",
    "SettlementOutside",
    "SettlementTaken",
    "SettlementUnbelievable",
    "Source",
    "approve_as_second",
    "approve_refund",
    "ask_second",
    "bonuses_for",
    "checkout_of",
    "create_order",
    "deny_refund",
    "end_offer",
    "ensure_packages",
    "needs_proof",
    "open_dispute",
    "open_window",
    "prove_payer",
    "quote_refund",
    "raise_offer_budget",
    "reconcile",
    "reconcile_order",
    "refuse_as_second",
    "release_given_up",
    "request_refund",
    "retry_refund",
    "settle_item",
    "sweep",
    "sync_order",
    "take_settlement",
    "withdraw_refund",
]
