"""Advertisers, who they are by law, and the people who act for them."""

from advertisers.models.keys import ACTING, ApiKey
from advertisers.models.profiles import BusinessCheck, BusinessPaper, BusinessUser, PersonalUser
from advertisers.models.signup import SignupDraft, SignupStepCount
from advertisers.models.team import Invitation, MemberLimit, ReportRecipient, RoleLimit
from advertisers.models.tenants import Advertiser, Membership
from advertisers.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = [
    "ACTING",
    "Advertiser",
    "ApiKey",
    "BusinessCheck",
    "BusinessPaper",
    "BusinessUser",
    "Invitation",
    "MemberLimit",
    "Membership",
    "PersonalUser",
    "ReportRecipient",
    "RoleLimit",
    "SignupDraft",
    "SignupStepCount",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
]
