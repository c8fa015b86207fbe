"""
Who may do what in the back office. An operator's roles are Django groups; a role is a set of rights, and every room and every
decision asks for one right.
"""

from enum import StrEnum
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction


class Right(StrEnum):
    """One thing an operator may be allowed to do."""

    SEE_PEOPLE = "SEE_PEOPLE"  # advertisers, members, who belongs to whom
    SEE_CONTACTS = "SEE_CONTACTS"  # somebody's e-mail and phone, with a reason each time
    REVIEW_PAPERS = "REVIEW_PAPERS"  # look at what businesses hand in, and decide about it
    ANSWER_INQUIRIES = "ANSWER_INQUIRIES"  # read what people ask, answer, note, end
    GRANT_DEMOS = "GRANT_DEMOS"  # open an account with an end for somebody who asked to try the product
    SEE_CAMPAIGNS = "SEE_CAMPAIGNS"
    REVIEW_CAMPAIGNS = "REVIEW_CAMPAIGNS"  # approve, reject, ask for changes
    LOCK_CAMPAIGNS = "LOCK_CAMPAIGNS"
    EXPOSE_CAMPAIGNS = "EXPOSE_CAMPAIGNS"  # whether, when and how high members see them
    SEE_PAYMENTS = "SEE_PAYMENTS"  # orders, refunds, webhooks, differences
    DECIDE_REFUNDS = "DECIDE_REFUNDS"
    SETTLE_DIFFERENCES = "SETTLE_DIFFERENCES"
    SEE_LEDGER = "SEE_LEDGER"
    RUN_PROOF = "RUN_PROOF"
    STOP_MONEY = "STOP_MONEY"  # the switch over top-ups and refunds
    EDIT_PACKAGES = "EDIT_PACKAGES"
    SEE_RAFFLES = "SEE_RAFFLES"
    RUN_RAFFLES = "RUN_RAFFLES"  # prepare, void, deliver
    FUND_RAFFLES = "FUND_RAFFLES"  # confirm that the money of the prizes is there
    SETTLE_PRIZE_TAXES = "SETTLE_PRIZE_TAXES"  # see what winners owe, confirm that it came, let a prize go
    SEE_TAX_IDENTITIES = "SEE_TAX_IDENTITIES"  # names and resident registration numbers, for the tax office, with a reason each time
    SEE_GIFTICONS = "SEE_GIFTICONS"
    RUN_GIFTICONS = "RUN_GIFTICONS"  # import, mark-ups, what is shown and how many
    FUND_GIFTICONS = "FUND_GIFTICONS"  # write down what was paid to the supplier
    SEE_OFFERWALLS = "SEE_OFFERWALLS"
    RUN_OFFERWALLS = "RUN_OFFERWALLS"  # open and close a network, decide about rewards that wait
    SEE_PUSHES = "SEE_PUSHES"
    SEND_PUSHES = "SEND_PUSHES"  # write to members, try, send, stop
    SEE_CONTENT = "SEE_CONTENT"  # notices, questions, guides, legal texts, words of messages
    EDIT_CONTENT = "EDIT_CONTENT"  # write them, copy guides from Notion and publish them
    ANNOUNCE_TEXTS = "ANNOUNCE_TEXTS"  # a new wording of terms, privacy policy or refund rules; words of messages
    SEE_APPROVALS = "SEE_APPROVALS"
    SEE_SYSTEM = "SEE_SYSTEM"  # effects, settings, operators
    RUN_EFFECTS = "RUN_EFFECTS"  # let a parked effect be asked about again
    SET_POLICIES = "SET_POLICIES"
    MANAGE_OPERATORS = "MANAGE_OPERATORS"  # hire, give roles, say from where, let go
    REVIEW_ACCESS = "REVIEW_ACCESS"  # look once a month through who looked at personal data
    ACT_AS = "ACT_AS"  # see an advertiser's pages as the advertiser does, with a reason each time
    PREPARE_CARD_REVIEW = "PREPARE_CARD_REVIEW"  # an account for reviewers of card companies, and the pack of pictures
    EXPORT = "EXPORT"  # take a list along as a file, with a reason each time


REVIEWER, FINANCE, SUPPORT, CONTENT, ADMIN = "reviewer", "finance", "support", "content", "admin"

RIGHTS: dict[str, frozenset[Right]] = {
    REVIEWER: frozenset(
        {Right.SEE_PEOPLE, Right.REVIEW_PAPERS, Right.SEE_CAMPAIGNS, Right.REVIEW_CAMPAIGNS, Right.LOCK_CAMPAIGNS, Right.EXPOSE_CAMPAIGNS}
    ),
    FINANCE: frozenset(
        {
            Right.SEE_PEOPLE,
            Right.SEE_CAMPAIGNS,
            Right.SEE_PAYMENTS,
            Right.DECIDE_REFUNDS,
            Right.SETTLE_DIFFERENCES,
            Right.SEE_LEDGER,
            Right.RUN_PROOF,
            Right.STOP_MONEY,
            Right.EDIT_PACKAGES,
            Right.PREPARE_CARD_REVIEW,
            Right.SEE_APPROVALS,
            Right.SEE_RAFFLES,
            Right.FUND_RAFFLES,
            Right.SETTLE_PRIZE_TAXES,
            Right.SEE_TAX_IDENTITIES,
            Right.SEE_GIFTICONS,
            Right.FUND_GIFTICONS,
            Right.SEE_OFFERWALLS,
            Right.RUN_OFFERWALLS,
            Right.EXPORT,
        }
    ),
    SUPPORT: frozenset(
        {
            Right.SEE_PEOPLE,
            Right.ANSWER_INQUIRIES,
            Right.GRANT_DEMOS,
            Right.SEE_CONTACTS,
            Right.SEE_CAMPAIGNS,
            Right.SEE_PAYMENTS,
            Right.ACT_AS,
        }
    ),
    CONTENT: frozenset(
        {
            Right.SEE_CONTENT,
            Right.EDIT_CONTENT,
            Right.SEE_CAMPAIGNS,
            Right.EXPOSE_CAMPAIGNS,
            Right.SEE_RAFFLES,
            Right.RUN_RAFFLES,
            Right.SEE_GIFTICONS,
            Right.RUN_GIFTICONS,
            Right.SEE_OFFERWALLS,
            Right.SEE_PUSHES,
            Right.SEND_PUSHES,
        }
    ),
    ADMIN: frozenset(Right),
}
LABELS = {REVIEWER: "캠페인 심사", FINANCE: "정산", SUPPORT: "고객 응대", CONTENT: "콘텐츠", ADMIN: "관리자"}


def ensure_groups() -> dict[str, Group]:
    """Make the five groups that are the roles; safe to repeat. The groups by name."""
    with transaction.atomic():
        return {name: Group.objects.get_or_create(name=name)[0] for name in RIGHTS}


def roles_of(user: Any) -> frozenset[str]:
    """The roles of an operator; a superuser has the role of an admin. One query per user object."""
    known = getattr(user, "_operator_roles", None)
    if known is None:
        names = set(user.groups.values_list("name", flat=True)) & set(RIGHTS)
        known = frozenset(names | {ADMIN} if user.is_superuser else names)
        user._operator_roles = known
    return frozenset(known)


def has(user: Any, right: Right) -> bool:
    """True when one of the person's roles carries the right."""
    return any(right in RIGHTS[role] for role in roles_of(user))
