"""
Every kind of effect on the worst day: doubled and in reverse order, it leaves what a good day leaves, in our rows and outside.

A kind that is registered without a scenario here fails by name. It lives where orders are paid, because most of what leaves the house
begins with one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import storages
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from advertisers import services as advertisers
from advertisers.models import Advertiser, Invitation, Membership, ReportRecipient, WebhookDelivery
from backoffice.card_review import building
from backoffice.card_review import mode as card_review
from backoffice.models import CardReviewPack
from campaigns import services as campaigns
from campaigns import tokens
from campaigns.models import Campaign, Evidence, Export, Participation, ReportSchedule
from campaigns.questions import AnalyticsIn, ReportIn
from campaigns.services import exporting, landing_watch, reporting
from common import effects, handlers
from common.kst import day_of
from common.models import Effect, InboundWebhook
from common.portals import ADVERTISER
from credits.models import Entry, ProofRun
from identity import contacts, mail_links, notifications, phone_codes
from identity.models import ContactChange, MailLink, Notification, PhoneCode, SmsMessage, User
from inquiries import guests as guest_book
from inquiries import services as inquiries
from inquiries.models import Guide, GuideSnapshot, Inquiry
from inquiries.notion import copies
from inquiries.schemas import GuestIn, MessageIn
from payments import services as payments
from payments.gateways.base import PayoutAccount
from payments.models import (
    AutoCharge,
    PaymentOrder,
    ReconciliationItem,
    ReconciliationRun,
    Refund,
    SavedCard,
    TaxDocument,
    UnallocatedMoney,
)
from rewards import data_export, gifticons, push, raffles
from rewards.gifticons import importing
from rewards.models import (
    DataExport,
    Gifticon,
    GifticonImport,
    GifticonOrder,
    Member,
    PushDelivery,
    PushMessage,
    Raffle,
    RaffleDraw,
    RaffleEvent,
    RaffleWinner,
)
from rewards.push import composing
from tests import doubler, factories
from tests.advertisers.receivers import Receiver, endpoint, happens
from tests.campaigns.conftest import DEVICE, spec_of
from tests.campaigns.examples import EXAMPLES
from tests.identity.conftest import Outside, point_at
from tests.payments.conftest import Till
from tests.payments.messages import signed
from tests.payments.test_auto_top_up import Auto, switch_on
from tests.rewards import gifticon_world, push_world
from tests.rewards.raffle_world import give, opened, press
from tests.sandbox_process import SandboxProcess

# Links, numbers of orders, accounts, coupons and tax documents.
OF_THE_DAY = re.compile(r"562\d{11}|\b9\d{11}\b|https?://\S+|\bBO[0-9A-Z]{26}|승인번호 \w+")
DIGITS = re.compile(r"\b\d{6}\b")
NOTION_GUIDE = f"{0xB0057:032x}"
BROWSER, ADDRESS = "b" * 64, "a" * 64


@dataclass(frozen=True)
class House:
    """Minji's team, her till, and what people outside see."""

    till: Till
    outside: Outside
    approve: Callable[[Refund], Refund]
    at: datetime

    @property
    def team(self) -> Advertiser:
        return self.till.advertiser

    @property
    def minji(self) -> User:
        return self.till.user

    def mails(self) -> set[tuple[str, str, str]]:
        """To, subject and text of mails. A doubled mail has the same Message-ID, and mail programs show it once."""
        return {(m["to"], m["subject"], OF_THE_DAY.sub("…", m["body"])) for m in self.outside.messages(channel="MAIL")}

    def sms(self) -> list[tuple[str, str]]:
        """To and text of every SMS, the digits of codes aside: each costs money, so a doubled one counts."""
        return sorted((m["to"], OF_THE_DAY.sub("…", DIGITS.sub("digits", m["body"]))) for m in self.outside.messages())


def synced(house: House) -> Callable[[], Any]:
    """Three messages about one paid order, and one about an order that was left."""
    paid, left = house.till.order(), house.till.order()
    house.till.buyer.pays(paid, paid_at=house.at)
    for message in (signed(paid), signed(paid), signed(paid, type="Transaction.Ready"), signed(left)):
        assert Client().post(**message).status_code == 200
    return lambda: Counter(InboundWebhook.objects.values_list("state", flat=True))


def receipts(house: House) -> Callable[[], Any]:
    """Two orders that are credited, whose receipts wait."""
    house.till.paid()
    house.till.paid(300_000)
    return lambda: sorted(Notification.objects.filter(kind="payments.paid").values_list("user__username", "title", "body"))


def refunds(house: House) -> Callable[[], Any]:
    """Two approved refunds of one order, and one of another."""
    first, second = house.till.paid(), house.till.paid(300_000)
    for order, credits in ((first, 30_000), (first, 20_000), (second, 10_000)):
        house.approve(house.till.refund(order, credits))
    return lambda: sorted(Refund.objects.values_list("state", "credits", "amount_krw", "try_no"))


def given_back(house: House) -> Callable[[], Any]:
    """Two deposits of a wrong amount, both to be given back."""
    for _ in range(2):
        order = house.till.order(method="VIRTUAL_ACCOUNT")
        house.till.buyer.enters(order)
        house.till.buyer.act(order, "approve")
        payments.sync_order(order_id=order.order_id, at=house.at)
        house.till.buyer.act(order, "deposit", amount=50_000, at=house.at.isoformat())
        payments.sync_order(order_id=order.order_id, at=house.at)
    for row in UnallocatedMoney.objects.select_related("order__advertiser"):
        account = PayoutAccount(bank="088", number="110123456789", holder="김민지")
        payments.send_back(row=row, account=account, by=house.minji, at=house.at, reason="다시 결제함")
    return lambda: sorted(UnallocatedMoney.objects.values_list("state", "amount_krw", "try_no"))


def auto_charges(house: House) -> Callable[[], Any]:
    """Two lines that were crossed, each with two cards: whichever is charged first is refused once, and its second card pays."""
    member = factories.MembershipFactory(user__username="eve", user__name="이브", user__email="eve@example.com")
    switch_on(house.at)
    for till in (house.till, replace(house.till, advertiser=member.advertiser, user=member.user)):
        auto = with_cards(till, 2)
        auto.agrees()
        assert auto.looks(house.at) is not None
    auto.owner.declines(1)
    return lambda: (sorted(AutoCharge.objects.values_list("state", "try_no")), auto.owner.charges())


def deleted_cards(house: House) -> Callable[[], Any]:
    """Two cards that nobody wants any more."""
    switch_on(house.at)
    auto = with_cards(house.till, 2)
    for card in SavedCard.objects.select_related("advertiser"):
        payments.remove_card(card=card, at=house.at)
    return lambda: (sorted(SavedCard.objects.values_list("state", "sealed_key")), auto.owner.kept())


def with_cards(till: Till, number: int) -> Auto:
    """So many cards are kept for automatic top-up."""
    auto = Auto(till, "portone")
    for minute in range(number):
        auto.card(till.at + timedelta(minutes=minute))
    return auto


def compared(house: House) -> Callable[[], Any]:
    """A payment nobody told us about and a cancel made in the console; somebody asks for a comparison, twice."""
    untold, cancelled = house.till.order(), house.till.paid(300_000)
    house.till.buyer.pays(untold, paid_at=house.at)
    house.till.buyer.act(cancelled, "console-cancel", amount=11_000)
    for number in (1, 2):
        with transaction.atomic():
            effects.add("payments.reconcile", key=f"compare:{number}", at=house.at, gateway="portone", days=3)
    return lambda: (sorted(ReconciliationItem.objects.values_list("kind", "amount_krw")), ReconciliationRun.objects.count())


def proved(house: House) -> Callable[[], Any]:
    """Somebody asks for the proof, twice."""
    house.till.paid()
    with transaction.atomic():
        for number in (1, 2):
            effects.add("credits.proof", key=f"proof:{number}", at=house.at)
    return lambda: sorted(ProofRun.objects.values_list("is_green", flat=True))


def invoices(house: House) -> Callable[[], Any]:
    """Two deposits into virtual accounts: an invoice each."""
    house.till.paid()
    house.till.paid(300_000)
    PaymentOrder.objects.update(method="VIRTUAL_ACCOUNT")
    payments.plan_documents(at=house.at)
    book = house.outside.sandbox
    return lambda: (
        sorted(TaxDocument.objects.values_list("state", "supply_krw")),
        sorted(row["totalAmount"] for row in book.control("GET", "/tax-documents")["documents"]),
    )


def alerts(house: House) -> Callable[[], Any]:
    """Two alerts of the operators; Slack cannot be asked, so each is there once at least."""
    with transaction.atomic():
        for number in range(2):
            notifications.alert_operators(kind="x.y", title=f"알림 {number}", body="내용", key=f"alert:{number}", at=house.at)
    return lambda: {message["subject"] for message in house.outside.sandbox.control("GET", "/inbox", channel="SLACK")["messages"]}


def notices(house: House, channel: notifications.Channel) -> Callable[[], Any]:
    """Two notices for Minji."""
    User.objects.filter(pk=house.minji.pk).update(phone="+821012345678")
    house.minji.refresh_from_db()
    for number in (1, 2):
        with transaction.atomic():
            notifications.notify(
                user=house.minji,
                kind="tests.hello",
                title=f"안내 {number}",
                body="확인해 주세요.",
                key=f"hello:{number}",
                at=house.at,
                channels=(channel,),
            )
    return lambda: sorted(Notification.objects.values_list("title", flat=True))


def codes(house: House) -> Callable[[], Any]:
    """Two people who want a code, and one who looks for an account that is not there."""
    asked = {
        phone: phone_codes.ask(purpose=purpose, portal=ADVERTISER, phone=phone, browser=BROWSER, address=ADDRESS, at=house.at)
        for phone, purpose in (
            ("+821012345678", PhoneCode.Purpose.SIGN_UP),
            ("+821012345679", PhoneCode.Purpose.SIGN_UP),
            ("+821099999999", PhoneCode.Purpose.RESET),
        )
    }

    def proves(phone: str) -> bool:
        """The digits of the SMS that the person reads are the right ones."""
        code = asked[phone]
        code.refresh_from_db()
        return phone_codes.is_code(code, house.outside.digits(phone.replace("+82", "0")))

    return lambda: (
        [proves("+821012345678"), proves("+821012345679")],
        sorted(PhoneCode.objects.values_list("phone", "delivery")),
    )


def reports(house: House) -> Callable[[], Any]:
    """Two codes went out; one arrives, the other's number does not exist."""
    for phone in ("+821012345678", "+821012343010"):
        phone_codes.ask(purpose=PhoneCode.Purpose.SIGN_UP, portal=ADVERTISER, phone=phone, browser=BROWSER, address=ADDRESS, at=house.at)
    house.outside.works(at=house.at)
    return lambda: (
        sorted(SmsMessage.objects.values_list("state", "status_code")),
        sorted(PhoneCode.objects.values_list("phone", "delivery")),
    )


def links(house: House) -> Callable[[], Any]:
    """A new password for Minji, and one for somebody whom nobody knows."""
    for email in ("minji@example.com", "nobody@example.com"):
        mail_links.ask(purpose=MailLink.Purpose.RESET, portal=ADVERTISER, email=email, address=ADDRESS, at=house.at)

    def opens() -> str:
        """Whose password the newest mail's link is for."""
        token = house.outside.link("minji@example.com").rstrip("/").rpartition("/")[2]
        link = mail_links.open_link(token=token, purpose=MailLink.Purpose.RESET, portal=ADVERTISER, at=house.at)
        return link.user.username if link.user else ""

    return lambda: (opens(), sorted(MailLink.objects.values_list("email", "used_at")))


def old_contacts(house: House) -> Callable[[], Any]:
    """Minji has another number and another address."""
    with transaction.atomic():
        contacts.keep_old(user=house.minji, what=contacts.What.PHONE, old="+821012345678", at=house.at)
        contacts.keep_old(user=house.minji, what=contacts.What.EMAIL, old="old@example.com", at=house.at)
    return lambda: sorted(change.old for change in ContactChange.objects.all())


def invitations(house: House) -> Callable[[], Any]:
    """Two people are invited, one of them twice."""
    for number, email in enumerate(("new@example.com", "other@example.com", "new@example.com")):
        advertisers.invite(advertiser=house.team, email=email, role="MANAGER", by=house.minji, at=house.at + number * timedelta(minutes=2))

    def offered(email: str) -> str:
        token = house.outside.link(email).rstrip("/").rpartition("/")[2]
        return advertisers.find_invitation(token=token, at=house.at).email

    return lambda: (
        [offered("new@example.com"), offered("other@example.com")],
        sorted(Invitation.objects.values_list("email", "state", "sent_no")),
    )


def draws(house: House) -> Callable[[], Any]:
    """Two raffles with an entry each, closed; the stand-in of drand knows their round."""
    maker, funder = (factories.UserFactory(kind=User.Kind.OPERATOR) for _ in range(2))
    member = factories.MemberFactory()
    give(member, 2, house.at)
    for _ in range(2):
        raffle = opened(house.at, by=maker, funder=funder)
        press(member, raffle, at=house.at)
        raffles.close(raffle=raffle, at=raffle.closes_at)
    return lambda: (
        set(Raffle.objects.values_list("state", flat=True)),
        [model.objects.count() for model in (RaffleDraw, RaffleWinner, RaffleEvent)],
    )


def _bought(house: House) -> Callable[[], Any]:
    """Two members exchange their tickets for a coffee; a look at their orders and at the supplier's book."""
    item = gifticon_world.gifticon(house.at)
    for number in range(2):
        member = gifticon_world.known_member(
            factories.MemberFactory(user__phone=f"+8210777700{number:02}"), house.at, person=f"{number:02x}"
        )
        gifticon_world.press(member, item, at=house.at)
    book = gifticon_world.Supplier(house.outside.sandbox)
    return lambda: (
        sorted(GifticonOrder.objects.values_list("state", "cost_krw", "resends")),
        [(coupon["status"], coupon["charged"], coupon["resent"]) for coupon in book.coupons],
    )


def coupons(house: House) -> Callable[[], Any]:
    """Two orders whose answer is lost, on the good day too: the number of a coupon is told only once."""
    gifticon_world.Supplier(house.outside.sandbox).fault("/send", "drop", when="after", count=None)
    return _bought(house)


def coupons_again(house: House) -> Callable[[], Any]:
    """Two coupons that are there, and sent again by message."""
    look = _bought(house)
    effects.run_due(at=house.at)
    for order in GifticonOrder.objects.order_by("pk"):
        gifticons.resend(member=Member.objects.get(pk=order.member_id), order=order.public_id, resends=0, at=house.at)
    return look


def coupons_that_end(house: House) -> Callable[[], Any]:
    """Two coupons that are there: one is used, one is forgotten."""
    look = _bought(house)
    effects.run_due(at=house.at)
    gifticon_world.Supplier(house.outside.sandbox).happens(GifticonOrder.objects.order_by("pk")[0].tr_id, "use")
    return look


def catalogue(house: House) -> Callable[[], Any]:
    """A reading that was given up, and the one that goes on; the night applies it."""
    importing.start(by=None, at=house.at)
    GifticonImport.objects.update(state=GifticonImport.State.DROPPED)
    importing.start(by=None, at=house.at + timedelta(minutes=1))
    return lambda: (
        sorted(GifticonImport.objects.values_list("state", "seen")),
        Gifticon.objects.on_sale().count(),
    )


def _phones(house: House) -> list[Member]:
    """Two members with a phone each, who want ads by day and by night."""
    members = [factories.MemberFactory(user__phone=f"+8210777711{number:02}") for number in range(2)]
    for number, member in enumerate(members):
        push_world.phone(member, f"ok-{number}", at=house.at)
        for kind in ("MARKETING", "NIGHT"):
            push_world.wants(member, kind, at=house.at)
    return members


def _rung(house: House) -> Callable[[], Any]:
    """What became of every delivery, and what the push company took for which phone."""
    return lambda: (
        sorted(PushDelivery.objects.values_list("state", "tries")),
        sorted(PushMessage.objects.values_list("title", "state")),
        sorted(message["token"] for message in house.outside.sandbox.control("GET", "/fcm/messages")["messages"]),
    )


def pushes(house: House) -> Callable[[], Any]:
    """Two notices that two phones wait for; the sender looks at the real clock."""
    for number, member in enumerate(_phones(house)):
        push_world.tell(member, key=f"event:{number}", at=timezone.now(), is_answer=True)
    return _rung(house)


def ads(house: House) -> Callable[[], Any]:
    """Two composed messages for both phones."""
    _phones(house)
    operator = factories.UserFactory(kind=User.Kind.OPERATOR)
    for number in range(2):
        title, body = push.labelled(f"혜택 {number}", "오늘만")
        wish = composing.PushIn(title=title, body=body, key=f"form-000{number}")
        now = timezone.now()
        push.schedule(message=push.compose(wish=wish, by=operator, at=now), when=now, at=now)
    return _rung(house)


def own_data(house: House) -> Callable[[], Any]:
    """Two members ask for the file of their data."""
    for _ in range(2):
        data_export.ask(member=factories.MemberFactory(), at=house.at)
    return lambda: (
        sorted(DataExport.objects.values_list("state", flat=True)),
        sum(storages["private"].exists(row.file) for row in DataExport.objects.all()),
    )


def readers(house: House) -> Callable[[], Any]:
    """Two addresses are asked whether they want reports, one of them twice."""
    for email in ("boss@example.com", "other@example.com", "boss@example.com"):
        advertisers.add_recipient(advertiser=house.team, email=email, by=house.minji, at=house.at)
    return lambda: sorted(ReportRecipient.objects.values_list("email", "sent_no", "confirmed_at"))


def receivers(house: House) -> Callable[[], Any]:
    """Two receivers, each told of two things; the second never takes any and is given up."""
    known = {}
    for name, manners in (("good", {}), ("away", {"status": 503})):
        known[name] = Receiver(house.outside.sandbox, name)
        known[name].behaves(**manners)
        endpoint(house.team, house.minji, known[name].url, at=house.at)
    for number in (1, 2):
        happens(house.team, f"low:{number}", at=house.at)
    return lambda: (
        sorted(WebhookDelivery.objects.values_list("number", "state")),
        {name: sorted({one["message"]["sequence"] for one in receiver.came()}) for name, receiver in known.items()},
    )


def landings(house: House) -> Callable[[], Any]:
    """Two campaigns whose page was not found yesterday; today one page opens, and the other still does not: that one stops."""
    house.till.paid()
    operator = factories.UserFactory(kind=User.Kind.OPERATOR)
    for path in ("hello", "gone"):
        spec = spec_of(house.at, title=f"{path} 캠페인", landing_url=f"https://shop.example.com/{path}")
        waiting = campaigns.submit_campaign(advertiser=house.team, spec=spec, by=house.minji, at=house.at, key=path)
        campaigns.approve(campaign=waiting, by=operator, at=house.at)
    Campaign.objects.update(landing_misses=1, landing_looked_on=day_of(house.at - timedelta(days=1)))
    assert landing_watch.plan_looks(at=house.at) == 2
    return lambda: sorted(Campaign.objects.values_list("title", "state", "constraint", "landing_misses"))


def posts(house: House) -> Callable[[], Any]:
    """Two posts that had to stay for a day; one is still there, the other is gone: its writer keeps the first part only."""
    house.till.paid()
    operator, then = factories.UserFactory(kind=User.Kind.OPERATOR), house.at - timedelta(days=2)
    spec = spec_of(then, type="REVIEW", details={**EXAMPLES["REVIEW"].details, "keep_days": 1}, budget=2_000)
    waiting = campaigns.submit_campaign(advertiser=house.team, spec=spec, by=house.minji, at=then, key="posts")
    campaign = campaigns.approve(campaign=waiting, by=operator, at=then)
    for path in ("hello", "gone"):
        who = {"member": factories.MemberFactory().pk, "at": then}
        asked = campaigns.apply(**who, campaign=campaign.public_id, text="집 근처라서 자주 가요.", device=DEVICE)
        campaigns.choose(application=asked, is_chosen=True, by=house.minji, at=then)
        taking = campaigns.start(**who, campaign=campaign.public_id, device=DEVICE)
        token = tokens.read(taking.token(at=then), device=DEVICE)
        campaigns.send_step(**who, token=token, step=1, text=f"https://shop.example.com/{path}")
        sent = Evidence.objects.get(verdict=Evidence.Verdict.WAITING)
        campaigns.decide_evidence(evidence=sent, is_fine=True, by=operator, at=house.at - timedelta(days=1))
    return lambda: sorted(Participation.objects.values_list("state", "price", "tickets"))


def guests(house: House) -> Callable[[], Any]:
    """Two people without an account whose questions were answered."""
    operator = factories.UserFactory(kind=User.Kind.OPERATOR)
    for name in ("park", "choi"):
        words = {"topic": "CAMPAIGN", "title": f"{name}의 문의", "text": "얼마인가요?", "name": name, "email": f"{name}@example.com"}
        asked = guest_book.ask(guest=GuestIn(**words, agreed=True), address=ADDRESS, key=name, at=house.at)
        inquiries.answer(inquiry=asked, by=operator, message=MessageIn(text="10만 원부터예요."), key=name, at=house.at)
    return lambda: sorted(Inquiry.objects.unscoped().values_list("title", "state"))


def copied_guides(house: House) -> Callable[[], Any]:
    """Two guides to be copied from Notion: one page is there, the other is not shared with us."""
    operator = factories.UserFactory(kind=User.Kind.OPERATOR)
    for slug, page in (("there", NOTION_GUIDE), ("elsewhere", "f" * 32)):
        guide = Guide.objects.create(slug=slug, title=slug, summary="한 줄", notion_page=page)
        with transaction.atomic():
            copies.ask(guide=guide, by=operator, at=house.at)
    numbers = re.compile(r"[0-9a-f-]{36}")
    return lambda: sorted(
        (row.guide.slug, row.state, row.detail, numbers.sub("…", row.html), row.pictures.count())
        for row in GuideSnapshot.objects.select_related("guide")
    )


def looked_at_guides(house: House) -> Callable[[], Any]:
    """Two published copies: one page was edited since, the other was not."""
    operator = factories.UserFactory(kind=User.Kind.OPERATOR)
    for slug, edited_at in (("old", house.at.replace(year=2025)), ("new", house.at.replace(year=2027))):
        guide = Guide.objects.create(slug=slug, title=slug, summary="한 줄", notion_page=NOTION_GUIDE, is_shown=True)
        guide.published = GuideSnapshot.objects.create(
            guide=guide, asked_by=operator, asked_at=house.at, state="PUBLISHED", edited_at=edited_at, published_at=house.at,
            published_by=operator,
        )  # fmt: skip
        guide.save()
    assert copies.plan_looks(at=house.at) == 2
    return lambda: sorted(Guide.objects.values_list("slug", "changed_in_notion_at"))


def files(house: House) -> Callable[[], Any]:
    """Two files of numbers that somebody asked for."""
    for form in Export.Form:
        exporting.ask_for_export(
            advertiser=house.team, asked=AnalyticsIn(), what="DAYS", form=form, by=house.minji, at=house.at, key=str(form)
        )
    return lambda: sorted(Export.objects.values_list("form", "state", "rows"))


def reports_by_mail(house: House) -> Callable[[], Any]:
    """A report of yesterday for the owner, and one of a reader who had enough meanwhile."""
    member = Membership.objects.get(advertiser=house.team, user=house.minji)
    before = house.at - timedelta(days=2)
    reporting.schedule(advertiser=house.team, member=member, wish=ReportIn(every="DAY"), at=before)
    reader = ReportRecipient.objects.create(
        advertiser=house.team, email="reader@example.com", added_by=house.minji, added_at=before, confirmed_at=before
    )
    reporting.schedule(advertiser=house.team, member=member, wish=ReportIn(every="DAY", recipient=reader.public_id), at=before)
    assert reporting.send_due(at=house.at) == 2
    ReportRecipient.objects.update(stopped_at=house.at)
    return lambda: sorted(ReportSchedule.objects.values_list("every", "next_at"))


# Each brings the house to where effects of the kind wait, and returns a look at what it is about.
def review_packs(house: House) -> Callable[[], Any]:
    """Two packs for card companies, of a house whose address does not answer: what has to be put right is found once each."""
    operator = factories.UserFactory(kind=User.Kind.OPERATOR, username="sora", email="sora@staff.example.com", is_staff=True)
    card_review.switch_on(days=14, by=operator, reason="카드사 심사", at=house.at)
    for _ in range(2):
        with transaction.atomic():
            pack = CardReviewPack.objects.create(asked_by=operator, asked_at=house.at)
            effects.add(building.KIND, key=f"card_review_pack:{pack.public_id}", at=house.at, pack=pack.pk)
    return lambda: sorted(CardReviewPack.objects.values_list("state", "trouble", "done"))


SCENARIOS: dict[str, Callable[[House], Callable[[], Any]]] = {
    "advertisers.invitation": invitations,
    "advertisers.recipient": readers,
    "advertisers.webhooks": receivers,
    "backoffice.card_review_pack": review_packs,
    "campaigns.export": files,
    "campaigns.report": reports_by_mail,
    "campaigns.look_at_landing": landings,
    "campaigns.look_at_post": posts,
    "credits.proof": proved,
    "inquiries.copy_guide": copied_guides,
    "inquiries.guest_answer": guests,
    "inquiries.look_at_guide": looked_at_guides,
    "identity.mail": lambda house: notices(house, "mail"),
    "identity.mail_link": links,
    "identity.old_contact": old_contacts,
    "identity.phone_code": codes,
    "identity.slack": alerts,
    "identity.sms": lambda house: notices(house, "sms"),
    "identity.sms_report": reports,
    "payments.auto_charge": auto_charges,
    "payments.delete_card": deleted_cards,
    "payments.give_back": given_back,
    "payments.receipt": receipts,
    "payments.reconcile": compared,
    "payments.refund": refunds,
    "payments.sync_order": synced,
    "payments.tax_document": invoices,
    "rewards.data_export": own_data,
    "rewards.draw_raffle": draws,
    "rewards.gifticon_import": catalogue,
    "rewards.gifticon_issue": coupons,
    "rewards.gifticon_message": coupons_again,
    "rewards.gifticon_watch": coupons_that_end,
    "rewards.push": pushes,
    "rewards.push_open": ads,
}


def registered() -> list[str]:
    """The kinds of the product."""
    handlers.load()
    return sorted(kind for kind in effects.handlers() if not kind.startswith("tests."))


@pytest.fixture
def house(till: Till, approve: Callable[[Refund], Refund], sandbox_process: SandboxProcess, settings: Any, at: datetime) -> House:
    point_at(settings, sandbox_process)
    settings.LANDING_STAND_IN_URL = f"{sandbox_process.base_url}/landing"
    settings.GIFTISHOW_URL = f"{sandbox_process.base_url}/giftishow"
    settings.FCM_URL, settings.FCM_TOKEN_URL = f"{sandbox_process.base_url}/fcm", f"{sandbox_process.base_url}/fcm/token"
    settings.WEBHOOK_TRUSTED_ORIGINS = [sandbox_process.base_url]
    settings.SLACK_WEBHOOK_URL = f"{sandbox_process.base_url}/slack/services/T00000000/B00000000/sandbox"
    return House(till=till, outside=Outside(sandbox_process), approve=approve, at=at)


@contextmanager
def a_day(house: House) -> Iterator[None]:
    """What happens here, in the database and outside, never was."""
    undone = transaction.atomic()
    undone._from_testcase = True  # like the test's own transaction: the product's durable ones may run inside
    with undone:
        yield
        transaction.set_rollback(True)
    house.till.made = 0
    house.outside.sandbox.reset()


def everything(house: House, look: Callable[[], Any]) -> dict[str, Any]:
    """How many rows every table has, the money in them, what the effects came to, and what stands in the books outside."""
    tables = connection.introspection.django_table_names(only_existing=True)
    return {
        "rows": {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.db_table in tables},
        "effects": sorted(Effect.objects.values_list("kind", "state")),
        "entries": Counter(Entry.objects.values_list("kind", flat=True)),
        "balance": house.till.balance(),
        "orders": sorted(PaymentOrder.objects.values_list("state", "amount_krw", "captured_krw", "cancelled_krw")),
        "what it is about": look(),
        "card company": house.till.buyer.totals(),
        "mails": house.mails(),
        "sms": house.sms(),
    }


def both_days(house: House, kind: str) -> list[dict[str, Any]]:
    """What the scenario of a kind leaves on a good day, and on the worst one."""
    left = []
    for run in (doubler.run_plain, doubler.run_doubled):
        with a_day(house):
            look = SCENARIOS[kind](house)
            assert Effect.objects.filter(kind=kind, state=Effect.State.NEW).count() >= 2
            run(at=house.at + timedelta(hours=3))
            left.append(everything(house, look))
    return left


@pytest.mark.parametrize("kind", registered())
def test_leaves_on_the_worst_day_what_it_leaves_on_a_good_one(house: House, kind: str) -> None:
    assert kind in SCENARIOS, f"no scenario brings the house to where an effect {kind} waits"
    plain, doubled = both_days(house, kind)
    assert doubled == plain


def test_every_scenario_is_of_a_kind_that_there_is() -> None:
    assert sorted(SCENARIOS) == registered()


def test_a_handler_that_acts_twice_does_not_pass(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: an SMS whose supplier is not asked goes out twice."""
    handler = type(effects.handlers()["identity.sms"])
    monkeypatch.setattr(handler, "ask", handler.send)
    plain, doubled = both_days(house, "identity.sms")
    assert (len(plain["sms"]), len(doubled["sms"])) == (2, 4)
