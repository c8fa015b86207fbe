"""Model pages, one module per app; imported by Django's admin autodiscovery."""

from backoffice.admin import (
    advertisers,
    campaigns,
    common,
    content,
    credits,
    deposits,
    identity,
    inquiries,
    offers,
    payments,
    policy_rules,
    rewards,
    sureties,
)

__all__ = [
    "advertisers",
    "campaigns",
    "common",
    "content",
    "credits",
    "deposits",
    "identity",
    "inquiries",
    "offers",
    "payments",
    "policy_rules",
    "rewards",
    "sureties",
]
