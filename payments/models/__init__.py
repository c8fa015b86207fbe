"""Rows of payments: one module per thing, the same names for everybody."""

from payments.models.accounts import PaymentWindow, UnallocatedMoney, VirtualAccount
from payments.models.auto import AutoCharge, AutoTopUp, SavedCard, SavedCardQuerySet
from payments.models.bank import BankDeposit, BankPayout
from payments.models.documents import DocumentQuerySet, TaxDocument
from payments.models.offers import Offer, OfferQuerySet, OfferUse
from payments.models.orders import (
    ORDER_PREFIX,
    OrderQuerySet,
    Package,
    PackageQuerySet,
    PaymentOrder,
    ReconciliationItem,
    Refund,
    RefundQuerySet,
)
from payments.models.settlements import ReconciliationRun, SettlementFile, SettlementRow
from payments.models.sureties import SuretyPolicy, SuretyPolicyQuerySet
from payments.models.transfers import BankTransfer, RefundAccount, RefundAccountQuerySet

__all__ = [
    "ORDER_PREFIX",
    "AutoCharge",
    "AutoTopUp",
    "BankDeposit",
    "BankPayout",
    "BankTransfer",
    "DocumentQuerySet",
    "Offer",
    "OfferQuerySet",
    "OfferUse",
    "OrderQuerySet",
    "Package",
    "PackageQuerySet",
    "PaymentOrder",
    "PaymentWindow",
    "ReconciliationItem",
    "ReconciliationRun",
    "Refund",
    "RefundAccount",
    "RefundAccountQuerySet",
    "RefundQuerySet",
    "SavedCard",
    "SavedCardQuerySet",
    "SettlementFile",
    "SettlementRow",
    "SuretyPolicy",
    "SuretyPolicyQuerySet",
    "TaxDocument",
    "UnallocatedMoney",
    "VirtualAccount",
]
