"""What members own, and what they may win."""

from rewards.models.accounts import DataExport, FormerMember
from rewards.models.gifticons import (
    Gifticon,
    GifticonBrand,
    GifticonDeposit,
    GifticonFloat,
    GifticonImport,
    GifticonImportLine,
    GifticonOrder,
    GifticonPriceRule,
)
from rewards.models.gifts import Attendance, Referral
from rewards.models.members import Member
from rewards.models.offerwalls import OfferwallCall, OfferwallReward, OfferwallSwitch
from rewards.models.prize_taxes import PrizeTax, TaxIdentity, TaxState
from rewards.models.push import Device, PushDelivery, PushMessage
from rewards.models.raffles import Raffle, RaffleCommitment, RaffleDraw, RaffleEntry, RaffleEvent, RaffleWinner

__all__ = [
    "Attendance",
    "DataExport",
    "Device",
    "FormerMember",
    "Gifticon",
    "GifticonBrand",
    "GifticonDeposit",
    "GifticonFloat",
    "GifticonImport",
    "GifticonImportLine",
    "GifticonOrder",
    "GifticonPriceRule",
    "Member",
    "OfferwallCall",
    "OfferwallReward",
    "OfferwallSwitch",
    "PrizeTax",
    "PushDelivery",
    "PushMessage",
    "Raffle",
    "RaffleCommitment",
    "RaffleDraw",
    "RaffleEntry",
    "RaffleEvent",
    "RaffleWinner",
    "Referral",
    "TaxIdentity",
    "TaxState",
]
