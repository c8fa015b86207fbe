"""Every change of orders, refunds and differences. Each function owns its transaction unless it says that it joins one."""

from payments.services.allocation import KINDS as MONEY_KINDS
from payments.services.allocation import allocate, allocated_krw, carry_out_second, send_back
from payments.services.auto_top_up import Wish as AutoTopUpWish
from payments.services.auto_top_up import agree as agree_to_auto_top_up
from payments.services.auto_top_up import charged_this_month_krw, look_at_all
from payments.services.auto_top_up import gateways as auto_gateways
from payments.services.auto_top_up import look as look_at_auto_top_up
from payments.services.auto_top_up import stop as stop_auto_top_up
from payments.services.cards import begin as begin_card
from payments.services.cards import register as register_card
from payments.services.cards import remove as remove_card
from payments.services.cards import window_of as card_window
from payments.services.deposits import match_deposit, return_deposit, take_statement
from payments.services.disputes import open_dispute
from payments.services.documents import DocumentNotFailed, retry_document
from payments.services.documents import plan as plan_documents
from payments.services.limits import MAX_PER_CHARGE_KRW, takes_by_bank
from payments.services.limits import room as gateway_room
from payments.services.manual import KINDS as MANUAL_KINDS
from payments.services.manual import ask_claim_settlement, ask_manual_credit, carry_out, lift_restriction
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
from payments.services.payouts import account_of as payout_account_of
from payments.services.payouts import call_off_payout, finish_payout, start_payout
from payments.services.reconciliation import Outlook, Report, due_to_sweep, outlook, reconcile, reconcile_order, settle_item, sweep
from payments.services.recovery import Recovery, lost_orders, recover
from payments.services.refund_accounts import current_account, register_account
from payments.services.refunding import retry_refund
from payments.services.refunds import RefundQuote, approve_refund, deny_refund, quote_refund, request_refund, withdraw_refund
from payments.services.refusals import (
    AccountHolderDiffers,
    AccountHolderUnknown,
    AccountInUse,
    AccountNotFound,
    AccountNotReady,
    AccountRestricted,
    AllocationOver,
    AllocationUnfit,
    AutoTopUpOff,
    BankAccountWrong,
    BonusChanged,
    CardMayHavePaid,
    CardNotOpen,
    ClaimOpen,
    CouponInUse,
    CouponNotFound,
    CouponTooSmall,
    CouponUsed,
    DepositDecided,
    DepositDiffers,
    ItemAlreadySettled,
    KeyConflict,
    KnownOnWrong,
    MethodNotOffered,
    MonthlyLimitTooSmall,
    NoCardKept,
    NoSuchBankOrder,
    NothingOwed,
    NothingToRefund,
    OfferChanged,
    OfferEnded,
    OfferOver,
    OpenRefundFirst,
    OrderDisputed,
    OrderNotPayable,
    OverGatewayLimit,
    PackageNotOffered,
    PriceChanged,
    ReasonMissing,
    RefundAlreadySent,
    RefundNotOpen,
    RefundNotPossible,
    RefundNotStuck,
    RefundTooMuch,
    RefundWindowClosed,
    TransferNotOpen,
    TransferNumberTaken,
    WithdrawalOver,
)
from payments.services.settlements import (
    SettlementOutside,
    SettlementTaken,
    SettlementUnbelievable,
    fetch_settlement,
    take_settlement,
)
from payments.services.sync import Source, sync_order
from payments.services.transfers import approve_transfer, ask_transfer, call_off_transfer, finish_transfer, start_transfer
from payments.services.windows import is_away, second_of
from payments.services.windows import switch as switch_gateway

__all__ = [
    "CHECK_AT_FIRST_PAYMENT",
    "MANUAL_KINDS",
    "MAX_PER_CHARGE_KRW",
    "MONEY_KINDS",
    "AccountHolderDiffers",
    "AccountHolderUnknown",
    "AccountInUse",
    "AccountNotFound",
    "AccountNotReady",
    "AccountRestricted",
    "AllocationOver",
    "AllocationUnfit",
    "AutoTopUpOff",
    "AutoTopUpWish",
    "BankAccountWrong",
    "Bonus",
    "BonusChanged",
    "CardMayHavePaid",
    "CardNotOpen",
    "ClaimOpen",
    "CouponInUse",
    "CouponNotFound",
    "CouponTooSmall",
    "CouponUsed",
    "DepositDecided",
    "DepositDiffers",
    "DocumentNotFailed",
    "ItemAlreadySettled",
    "KeyConflict",
    "KnownOnWrong",
    "MethodNotOffered",
    "MonthlyLimitTooSmall",
    "NoCardKept",
    "NoSuchBankOrder",
    "NothingOwed",
    "NothingToDecide",
    "NothingToRefund",
    "OfferChanged",
    "OfferEnded",
    "OfferOver",
    "OpenRefundFirst",
    "OrderDisputed",
    "OrderNotPayable",
    "Outlook",
    "OverGatewayLimit",
    "OverTopUpLimit",
    "PackageNotOffered",
    "PayerNotProved",
    "PriceChanged",
    "ReasonMissing",
    "Recovery",
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
    "TransferNotOpen",
    "TransferNumberTaken",
    "WithdrawalOver",
    "agree_to_auto_top_up",
    "allocate",
    "allocated_krw",
    "approve_as_second",
    "approve_refund",
    "approve_transfer",
    "ask_claim_settlement",
    "ask_manual_credit",
    "ask_second",
    "ask_transfer",
    "auto_gateways",
    "begin_card",
    "bonuses_for",
    "call_off_payout",
    "call_off_transfer",
    "card_window",
    "carry_out",
    "carry_out_second",
    "charged_this_month_krw",
    "checkout_of",
    "create_order",
    "current_account",
    "deny_refund",
    "due_to_sweep",
    "end_offer",
    "ensure_packages",
    "fetch_settlement",
    "finish_payout",
    "finish_transfer",
    "gateway_room",
    "is_away",
    "lift_restriction",
    "look_at_all",
    "look_at_auto_top_up",
    "lost_orders",
    "match_deposit",
    "needs_proof",
    "open_dispute",
    "open_window",
    "outlook",
    "payout_account_of",
    "plan_documents",
    "prove_payer",
    "quote_refund",
    "raise_offer_budget",
    "reconcile",
    "reconcile_order",
    "recover",
    "refuse_as_second",
    "register_account",
    "register_card",
    "release_given_up",
    "remove_card",
    "request_refund",
    "retry_document",
    "retry_refund",
    "return_deposit",
    "second_of",
    "send_back",
    "settle_item",
    "start_payout",
    "start_transfer",
    "stop_auto_top_up",
    "sweep",
    "switch_gateway",
    "sync_order",
    "take_settlement",
    "take_statement",
    "takes_by_bank",
    "withdraw_refund",
]
