"""Who signs in, how they proved who they are, what they are told and agreed to, and what operators decide in pairs."""

from identity.models.contacts import ContactChange
from identity.models.messages import SmsMessage
from identity.models.notices import Channel, MessageTemplate, NoticeChoice, Notification, QuietHours
from identity.models.people import AllowedNetwork, User
from identity.models.proofs import IdentityCheck, MailLink, PhoneCode, StepUpGrant
from identity.models.records import AccessLog, AccessReview, ApprovalRequest, Consent
from identity.models.retention import RetentionRule, WithdrawnPerson
from identity.models.texts import LegalText

__all__ = [
    "AccessLog",
    "AccessReview",
    "AllowedNetwork",
    "ApprovalRequest",
    "Channel",
    "Consent",
    "ContactChange",
    "IdentityCheck",
    "LegalText",
    "MailLink",
    "MessageTemplate",
    "NoticeChoice",
    "Notification",
    "PhoneCode",
    "QuietHours",
    "RetentionRule",
    "SmsMessage",
    "StepUpGrant",
    "User",
    "WithdrawnPerson",
]
