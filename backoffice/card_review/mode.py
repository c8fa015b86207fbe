"""
Review mode: an account with which reviewers of card companies look at the shop, for as long as an operator says. It is a demo
(`Advertiser.is_demo`) that is shown the pay window as well: its credits are play money, its orders are never credited, its campaigns never
run, and no figure of the house counts it.
"""

import secrets
from datetime import datetime, timedelta

from django.contrib.admin.models import ADDITION
from django.db import transaction
from django.urls import reverse

from advertisers import opening
from backoffice.models import CardReviewMode
from backoffice.services import note, take_turn
from campaigns.wizard import copies, drafts
from common import dated, sealed
from common.errors import DomainError
from common.portals import ADVERTISER, URLCONFS
from credits import services as ledger
from identity.models import User

MOST_DAYS = 60
CREDITS = dated.define("backoffice.card_review_credits", default=300_000, label="카드사 심사 계정에 보이는 연습용 크레딧", unit="크레딧")
NAME = "카드사 심사"
SHOWN = "cafe"  # the template of the draft in which credits are spent
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are read as another


class ReviewIsOpen(DomainError):
    """It is on."""

    code = "card_review.is_open"
    message = "심사 모드가 이미 켜져 있어요."


class ReviewIsClosed(DomainError):
    """It is off."""

    code = "card_review.is_closed"
    message = "심사 모드가 꺼져 있어요. 먼저 심사 모드를 켜 주세요."


def current(*, at: datetime) -> CardReviewMode | None:
    """The mode that is on. One query."""
    return CardReviewMode.objects.filter(closed_at=None, ends_at__gt=at).select_related("advertiser", "opened_by").order_by("-pk").first()


def password_of(mode: CardReviewMode) -> str:
    """What stands beside the login on the cover of a pack."""
    return sealed.unseal(mode.password)


def switch_on(*, days: int, by: User, reason: str, at: datetime) -> CardReviewMode:
    """
    Let reviewers in with a new account, for so many days.

    days: 1 to MOST_DAYS.

    :raises ReviewIsOpen: nothing was written.
    """
    ends_at, password = at + timedelta(days=days), "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))
    with transaction.atomic(durable=True):
        take_turn("card_review_mode")
        if current(at=at):
            raise ReviewIsOpen
        advertiser = opening.open_personal(name=NAME, verified_at=at)
        advertiser.is_demo = advertiser.is_review = True
        advertiser.save(update_fields=["is_demo", "is_review"])
        login = f"review{at:%m%d}{secrets.randbelow(9000) + 1000}"
        person = User(kind=User.Kind.ADVERTISER, username=login, name=NAME, ends_at=ends_at)
        person.set_password(password)
        person.save()
        opening.add_owner(advertiser=advertiser, user=person)
        key = f"card-review:{advertiser.public_id}"
        ledger.grant_bonus(
            advertiser=advertiser, credits=CREDITS.at(at), key=key, at=at, expires_at=ends_at, actor=f"user:{by.public_id}", reason=reason
        )
        mode = CardReviewMode.objects.create(
            advertiser=advertiser, login=login, password=sealed.seal(password), draft_path="", opened_by=by, opened_at=at, ends_at=ends_at
        )
        note(row=mode, by=by, reason=f"심사 모드를 {days}일 동안 켰어요 · {reason}", at=at, flag=ADDITION)
    begin_draft(mode, at=at)
    return mode


def begin_draft(mode: CardReviewMode, *, at: datetime) -> None:
    """The page on which reviewers see credits being spent; the same one however often it is begun."""
    person = User.objects.get(username=mode.login)
    key, answers = f"card-review:{mode.pk}", copies.example(SHOWN, at=at)
    draft = drafts.begin(advertiser=mode.advertiser, by=person, at=at, key=key, answers=answers)
    mode.draft_path = reverse("campaigns:draft-step", args=[draft.public_id, "credit"], urlconf=URLCONFS[ADVERTISER])
    mode.save(update_fields=["draft_path"])


def switch_off(*, by: User, reason: str, at: datetime) -> CardReviewMode:
    """
    End the account now: nobody signs in with it, and who is signed in is signed out. What is left of it is destroyed with the other demos.

    :raises ReviewIsClosed: nothing was written.
    """
    with transaction.atomic(durable=True):
        take_turn("card_review_mode")
        mode = current(at=at)
        if mode is None:
            raise ReviewIsClosed
        User.objects.filter(memberships__advertiser=mode.advertiser).update(ends_at=at)
        mode.closed_by, mode.closed_at, mode.password = by, at, ""
        mode.save(update_fields=["closed_by", "closed_at", "password"])
        note(row=mode, by=by, reason=f"심사 모드를 껐어요 · {reason}", at=at)
        return mode
