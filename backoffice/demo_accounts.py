"""
Accounts to try the product with, for whoever asked by the contact page: an operator opens one, the clock ends it, and it is forgotten.

It is an advertiser of its own with `is_demo`: its credits come from the house account DEMO and go back there, no order of it is made, its
campaigns are never reviewed and so never shown, and no figure of the house counts it. The person sets the password by the usual mail.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import cast

from django.core.files.storage import storages
from django.db import transaction

from advertisers import opening
from advertisers.models import Advertiser, Membership
from advertisers.services import leaving
from backoffice.services import SAME_MOMENT, AlreadyDone, note, take_turn
from campaigns import services as campaigns
from campaigns.models import Campaign, CampaignImage, Draft, State
from campaigns.schemas import CampaignSpec
from campaigns.wizard import copies, drafts
from common import dated
from common.errors import DomainError
from common.kst import SEOUL
from common.portals import ADVERTISER, absolute
from credits import services as ledger
from identity.models import User
from inquiries import services as inquiries
from inquiries.models import Inquiry, Message
from inquiries.schemas import MessageIn

MOST_DAYS = 30
KEPT_DAYS = 7  # after the end, should the person come back
CREDITS = dated.define("backoffice.demo_credits", default=3_000_000, label="데모 계정에 주는 연습용 크레딧", least=100_000, unit="크레딧")
SHOWN = ("cafe", "academy")  # templates that become campaigns
BEGUN = "clinic"  # the one that becomes a draft


class NoDemoAsked(DomainError):
    """The inquiry asks for something else, or is over."""

    code = "demo.not_asked"
    message = "데모 계정을 요청한 문의가 아니거나 끝난 문의예요."


class DemoGranted(DomainError):
    """Somebody opened it before."""

    code = "demo.granted"
    message = "이 문의로 데모 계정을 이미 열었어요. 새로 고쳐서 대화를 확인해 주세요."


class AddressInUse(DomainError):
    """The person has an account already."""

    code = "demo.address_in_use"
    message = "이 이메일로 가입한 계정이 있어서 데모 계정을 열 수 없어요. 다른 이메일로 요청해 달라고 답해 주세요."


class NotADemo(DomainError):
    """A customer's account has no end."""

    code = "demo.not_a_demo"
    message = "데모 계정이 아니에요."


def may_be_granted(inquiry: Inquiry) -> bool:
    """True when it asks for a demo and is open."""
    return inquiry.kind == Inquiry.Kind.GUEST and inquiry.topic == Inquiry.Topic.DEMO and not inquiry.is_closed


def grant(*, inquiry: Inquiry, days: int, by: User, reason: str, at: datetime) -> Membership:
    """
    Open a demo account for whoever asked, with credits, two campaigns and a draft, and tell them by mail how to come in. When that was
    stopped on the way, pressing again goes on with the account that is there.

    days: 1 to MOST_DAYS.

    :raises NoDemoAsked, DemoGranted, AddressInUse: nothing was written.
    :raises inquiries.AnsweredMeanwhile: another operator told them in the same moment.
    """
    seen = inquiry.messages.filter(side=Message.Side.HOUSE).count()
    member = _begun(inquiry) or _open(inquiry, days=days, by=by, reason=reason, at=at)
    person, key = member.user, _key_of(member.advertiser)
    drafts.begin(advertiser=member.advertiser, by=person, at=at, key=f"{key}:draft", answers=copies.example(BEGUN, at=at))
    words = MessageIn(text=_words(person.username, cast(datetime, person.ends_at)))
    inquiries.answer(inquiry=inquiry, by=by, message=words, key=f"{key}:told", at=at, seen=seen)
    return member


def _begun(inquiry: Inquiry) -> Membership | None:
    """The account of whoever asked, when nobody has told them of it yet."""
    found = Membership.objects.select_related("advertiser", "user").filter(user__username=_login_of(inquiry)).first()
    if found is None or inquiry.messages.filter(key=f"{_key_of(found.advertiser)}:told").exists():
        return None
    return found


def _key_of(advertiser: Advertiser) -> str:
    return f"demo:{advertiser.public_id}"


def _open(inquiry: Inquiry, *, days: int, by: User, reason: str, at: datetime) -> Membership:
    ends_at = at + timedelta(days=days)
    with transaction.atomic(durable=True):
        row = Inquiry.objects.unscoped().select_for_update(of=("self",)).select_related("guest").get(pk=inquiry.pk)
        if not may_be_granted(row):
            raise NoDemoAsked
        login, email = _login_of(row), row.guest.mail_address
        if User.objects.filter(username=login).exists():
            raise DemoGranted
        if User.objects.filter(email__iexact=email).exists():
            raise AddressInUse
        advertiser = opening.open_personal(name=row.guest.company or row.guest.name, verified_at=at)
        advertiser.is_demo = True
        advertiser.save(update_fields=["is_demo"])
        person = User(kind=User.Kind.ADVERTISER, username=login, email=email, name=row.guest.name, ends_at=ends_at)
        person.set_unusable_password()
        person.save()
        member = opening.add_owner(advertiser=advertiser, user=person)
        credits, key = CREDITS.at(at), _key_of(advertiser)
        ledger.grant_bonus(
            advertiser=advertiser, credits=credits, key=key, at=at, expires_at=ends_at, actor=f"user:{by.public_id}", reason=reason
        )
        for name in SHOWN:
            spec = CampaignSpec.model_validate(copies.example(name, at=at))
            campaigns.submit_locked(advertiser=advertiser, spec=spec, by=person, at=at, key=f"{key}:{name}")
        note(row=advertiser, by=by, reason=f"데모 계정을 {days}일 동안 열었어요 · {reason}", at=at)
        return member


def end(*, advertiser: Advertiser, by: User, reason: str, at: datetime) -> None:
    """
    End a demo now.

    :raises NotADemo: it is a customer's account.   :raises AlreadyDone: it has ended, or ends in this very moment.
    """
    with transaction.atomic(durable=True):
        if not advertiser.is_demo:
            raise NotADemo
        take_turn(f"demo.{advertiser.pk}")
        going_on = User.objects.filter(memberships__advertiser=advertiser).exclude(ends_at__lte=at + SAME_MOMENT)
        if not going_on.update(ends_at=at):
            raise AlreadyDone
        note(row=advertiser, by=by, reason=f"데모 계정을 끝냈어요 · {reason}", at=at)


def forget(*, ended_until: datetime, at: datetime) -> int:
    """
    Destroy what is left of demos that ended until then: names, addresses, drafts, pictures, keys; credits go back to DEMO. How many. Joins
    the caller's transaction.
    """
    over = Membership.objects.filter(is_active=True, role=Membership.Role.OWNER, advertiser__is_demo=True, user__ends_at__lte=ended_until)
    found = [member.advertiser for member in over.select_related("advertiser").order_by("advertiser_id")]
    for advertiser in found:
        ledger.lock_wallet(advertiser)
        for campaign in Campaign.objects.owned_by(advertiser).filter(state__in=(State.SUBMITTED, State.CHANGES_ASKED)).order_by("pk"):
            campaigns.withdraw_locked(campaign=campaign, by=None, at=at, reason="데모가 끝났어요")
        ledger.expire_lots(advertiser=advertiser, at=at)
        Draft.objects.owned_by(advertiser).filter(campaign=None).delete()
        pictures = CampaignImage.objects.owned_by(advertiser)
        files = list(pictures.values_list("file", flat=True))
        pictures.delete()
        transaction.on_commit(partial(_delete, files))
        leaving.end_demo(advertiser=advertiser, at=at)
    return len(found)


def _delete(files: list[str]) -> None:
    for name in files:
        storages["private"].delete(name)


def _login_of(inquiry: Inquiry) -> str:
    """One login ID per request, so that two presses open one account."""
    return f"demo-{inquiry.public_id.hex[:12]}"


def _words(login: str, ends_at: datetime) -> str:
    until = f"{ends_at.astimezone(SEOUL):%Y년 %-m월 %-d일 %H:%M}"
    return (
        f"데모 계정을 열었어요. 아이디는 {login}이고, {until}까지 쓸 수 있어요.\n\n"
        f"먼저 {absolute(ADVERTISER, 'password-reset')} 에서 이 이메일 주소로 비밀번호를 정하고 로그인해 주세요.\n\n"
        "데모 크레딧으로 캠페인을 만들고 제출해 볼 수 있어요. 결제와 집행은 실제로 일어나지 않고, 기간이 끝나면 내용은 지워져요."
    )
