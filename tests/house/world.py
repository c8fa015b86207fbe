"""A house in which something of everything exists, every address of it, and everybody who could come to a door."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from advertisers import papers, webhooks
from advertisers import services as team
from advertisers.models import Advertiser, BusinessUser, WebhookDelivery
from advertisers.services.invitations import token_of as token_of_invitation
from advertisers.services.recipients import token_of as token_of_recipient
from backoffice import services as backoffice
from backoffice.models import ActAsSession, CannedReply
from campaigns import images, tokens
from campaigns import services as campaigns
from campaigns.models import Application, Banner, Campaign, CampaignImage, Draft, Evidence, ExposureSlot, PolicyRule
from campaigns.services import Taking, banners
from campaigns.wishes import BannerWish, SlotWish
from campaigns.wizard import drafts
from common import portals, sealed, uploads
from common.kst import day_of
from common.models import DatedSetting, Effect, InboundWebhook, JobRun
from credits import proof
from credits import selectors as balances
from credits import services as credits
from credits.services.closing import close_finished_days
from identity import access_log, browsers, identity_checks, mail_links, notifications, passkeys, retention
from identity.devices import number_of
from identity.models import ApprovalRequest, IdentityCheck, MailLink, Notification, StepUpGrant, User
from inquiries import guests
from inquiries import services as inquiries
from inquiries.models import Attachment, Faq, Guide, GuideSnapshot, Inquiry, Notice, SnapshotPicture
from inquiries.schemas import GuestIn, InquiryIn, MessageIn
from payments import services as payments
from payments.gateways.base import PayoutAccount
from payments.models import (
    AutoTopUp,
    BankDeposit,
    BankPayout,
    Offer,
    Package,
    PaymentOrder,
    ReconciliationItem,
    Refund,
    SavedCard,
    SuretyPolicy,
    TaxDocument,
    UnallocatedMoney,
)
from payments.services import unallocated
from payments.services.items import open_item
from payments.statements import StatementLine
from rewards import data_export, push, raffles
from rewards.gifticons import outcomes
from rewards.models import Gifticon, GifticonImport, GifticonOrder, Member, PrizeTax, Raffle
from rewards.push.composing import PushIn
from rewards.raffles import drawing
from rewards.raffles.drand import PublicValue
from rewards.services import leave
from tests.advertisers.applicants import file_of, picture
from tests.app import ANDROID
from tests.backoffice.conftest import hire
from tests.campaigns.conftest import DEVICE, spec_of
from tests.campaigns.photographs import photograph
from tests.factories import PASSWORD, MemberFactory, MembershipFactory
from tests.payments.conftest import Buyer, Till, point_at
from tests.rewards import gifticon_world
from tests.rewards.raffle_world import give, opened, press
from tests.sandbox_process import SandboxProcess
from tests.signing_in import browser, cookie_of, give_second_factor, step_up
from tests.soft_key import SoftKey
from tests.soft_key import keep as keep_key

# minji owns what there is, jisoo reports in her team, eve is another advertiser; suji takes part, hana is another member; operator reviews
# campaigns, finance works at the money, admin is an operator with every right.
EVERYBODY = ("anonymous", "minji", "jisoo", "eve", "suji", "hana", "operator", "finance", "admin")
MEMBERS = ("suji", "hana")
# What an address cannot do without, by its last part.
QUERIES = {"hours": "?on=2026-11-25"}
NAMES = {"minji": "김민지", "jisoo": "박지수", "eve": "한이브", "suji": "이수지", "hana": "정하나"}
SHOWN_TO_MEMBERS = ("민지네 커피", "도는 캠페인")

# Tables that remember a visit, not a deed: when a session was last seen, how often somebody knocked (rate limits live in the cache), and
# who signed in or was refused, in a line of its own or in a count.
TRACES = frozenset({"django_session", "usersessions_usersession", "common_cache", "identity_accesslog", "common_refusedcall"})

# Django's admin lists the apps in the order in which their models were registered, which says nothing about who may come in.
_APP_LABELS = re.compile(r"\^\(\?P<app_label>[^)]*\)/\$")


@dataclass
class World:
    """What exists. Objects are minji's unless their name says otherwise."""

    people: dict[str, User]
    advertiser: Advertiser
    order: PaymentOrder
    unpaid: PaymentOrder
    refund: Refund
    running: Campaign
    submitted: Campaign
    notice: Notification
    alert: Notification
    approval: ApprovalRequest
    team: dict[str, UUID]  # part of an address -> what it names
    invitation: str  # the token of its link
    links: dict[str, str]  # the tokens of links in mails: to confirm an address, to choose a password
    difference: ReconciliationItem
    effect: Effect
    members: dict[str, Member]
    taking: Taking
    pictured: Campaign
    converting: Campaign
    evidence: Evidence
    choosing: Campaign
    application: Application
    draft: Draft
    picture: CampaignImage  # which the running campaign shows
    raffle: Raffle  # open, with an entry of suji's, who has tickets left
    tax: PrizeTax  # of a bicycle that suji won in another one and claimed
    item: Gifticon  # that both members could exchange tickets for
    coupon: GifticonOrder  # suji's, to be used
    run: GifticonImport  # that was read and waits
    check: UUID  # a try of suji's app at the identity agency
    own_check: UUID  # one of minji's browser
    keys: dict[str, SoftKey]  # the passkeys of eve and of admin, and what names them in an address
    passkeys: dict[str, str]
    devices: dict[str, str]  # what names the browser of minji and of admin in an address
    sessions: dict[str, str]
    app_tokens: dict[str, dict[str, str]]
    second_factors: dict[str, str]
    buyer: Buyer
    _handler: ClientHandler = field(default_factory=lambda: ClientHandler(enforce_csrf_checks=False))

    def client(self, who: str) -> Client:
        """A new browser of this person, who shows their session at every portal's door. All share one product, loaded once."""
        client = Client(raise_request_exception=False)
        client.handler = self._handler
        if who != "anonymous":
            session = self.sessions[who]
            for portal in portals.ALL:
                client.cookies[cookie_of(portal)] = session
        return client

    def headers(self, who: str, address: str) -> dict[str, str]:
        """One kind of phone for all; a member's app token at the app's doors. At sign-in nobody has one yet."""
        has_token = who in MEMBERS and address.startswith("/api/luckffle/") and not address.endswith(("/auth/login", "/auth/refresh"))
        token = {"Authorization": f"Bearer {self.app_tokens[who]['access_token']}"} if has_token else {}
        return {"User-Agent": ANDROID, **token}

    def token(self) -> str:
        """What suji's page carries between start and confirm."""
        return self.taking.token(at=self.taking.started_at)

    @cached_property
    def _secrets(self) -> dict[str, re.Pattern[str]]:
        """What only minji's team and the operators may read: names, and amounts that nothing else in the house has."""
        amounts = (balances.balance(self.advertiser).available, self.refund.credits, self.refund.amount_krw, self.submitted.budget_credits)
        words = (self.people["minji"].name, self.people["minji"].email, self.submitted.title, *SHOWN_TO_MEMBERS)
        return {word: re.compile(re.escape(word)) for word in words} | {
            f"{amount:,}": re.compile(rf"\b(?:{amount}|{amount:,})\b") for amount in amounts
        }

    def told(self, text: str, address: str) -> list[str]:
        """Which of minji's names and amounts a stranger reads in this text. Members may know who advertises a mission and its title."""
        if address.startswith(("/invitations/", "/reports/")):  # whoever has the link is told who invites, or whose reports they are
            return []
        public = SHOWN_TO_MEMBERS if portals.portal_of(address) == portals.LUCKFFLE else ()
        return [word for word, pattern in self._secrets.items() if word not in public and pattern.search(text)]

    def address(self, pattern: str) -> str:
        """An address of the pattern that names something which exists."""
        for name, value in self._values(pattern).items():
            pattern = pattern.replace(name, str(value))
        assert "<" not in pattern, f"nothing is known for {pattern}"
        return f"/{pattern}{QUERIES.get(pattern.rpartition('/')[2], '')}"

    def _raffle_of(self, pattern: str) -> Raffle:
        return self.tax.winner.raffle if pattern.rstrip("/").endswith("/tax") else self.raffle

    def _values(self, pattern: str) -> dict[str, Any]:
        a_uuid: Any = self.running.public_id
        is_reviewed = "review/" in pattern and not any(part in pattern for part in ("lock", "flag", "fine"))
        if "accounts/identity/" in pattern:
            a_uuid = self.own_check
        elif pattern.startswith("luckffle/identity/"):
            a_uuid = self.check
        elif "luckffle/participations/" in pattern:
            a_uuid = self.taking.public_id
        elif "drafts/" in pattern:
            a_uuid = self.draft.public_id
        elif "images/" in pattern:
            a_uuid = self.picture.public_id
        elif "prize-taxes" in pattern:
            a_uuid = self.tax.public_id
        elif "raffles" in pattern:
            a_uuid = self._raffle_of(pattern).public_id
        elif "gifticons/imports" in pattern:
            a_uuid = self.run.public_id
        elif "gifticons/goods" in pattern:
            a_uuid = self.item.public_id
        elif "shop/" in pattern:
            a_uuid = (self.coupon if "box/" in pattern else self.item).public_id
        elif "refund" in pattern:
            a_uuid = self.refund.public_id
        elif "notifications" in pattern:
            a_uuid = self.notice.public_id
        elif "postbacks" in pattern:
            a_uuid = self.converting.public_id
        elif "applications/" in pattern:
            a_uuid = self.choosing.public_id
        elif "evidence" in pattern:
            a_uuid = self.pictured.public_id
        elif "alerts" in pattern:
            a_uuid = self.alert.public_id
        elif is_reviewed or any(part in pattern for part in ("correct", "withdraw", "appeal")):
            a_uuid = self.submitted.public_id
        return {
            "<uuid:public_id>": next((row for part, row in self.team.items() if part in pattern), a_uuid),
            "<int:number>": 1,
            "<int:place>": 1,
            "<draft_id>": self.draft.public_id,
            "<export_id>": a_uuid,
            "<schedule_id>": a_uuid,
            "<campaign_id>": a_uuid,
            "<endpoint_id>": self.team["my-page/webhooks/"],
            "<delivery_id>": self.team["webhooks/deliveries/"],
            "<period>": f"{day_of(timezone.now()) - timedelta(days=1):%Y-%m-%d}",
            "<plan_id>": self.running.public_id,  # deeds.py gives the plan this number
            "<uuid:image>": self.running.public_id,
            "<mission_id>": self.running.public_id,
            "<raffle_id>": self._raffle_of(pattern).public_id,
            "<int:year>": day_of(timezone.now()).year,
            "<gifticon_id>": self.item.public_id,
            "<device_number>": "phone-0009",  # deeds.py gives suji a phone of this number
            "<order_id>": self.coupon.public_id,
            "<participation_id>": self.taking.public_id,
            "<uuid:evidence_id>": self.evidence.public_id,
            "<uuid:application_id>": self.application.public_id,
            # these two answer 200 whatever they make of a call
            "<slug:network>": "adpopcorn" if "offerwalls" in pattern else "airbridge",
            "<str:credential>": "x",
            "<slug:order_id>": (self.unpaid if "open" in pattern or "switch" in pattern else self.order).order_id,
            "<slug:gateway>": "portone",
            "<slug:slug>": "refund",
            "<slug:version>": "2026-11-25",
            "<slug:step>": "reward",
            "<slug:view>": "detail",
            "<slug:name>": "banners",
            "<slug:kind>": "faq",
            "<slug:period>": f"{day_of(timezone.now()) - timedelta(days=1):%Y-%m-%d}",
            "<slug:form>": "csv",
            "<str:month>": (day_of(timezone.now()).replace(day=1) - timedelta(days=1)).replace(day=1).isoformat(),
            "<slug:token>": next((link for name, link in self.links.items() if pattern.startswith(f"{name}/")), self.invitation),
            "<slug:purpose>": "refund",
            "<str:purpose>": "MEMBER" if pattern.startswith("luckffle/identity/") else "SIGN_UP",
            "<str:kind>": "inquiries.answered" if "messages/" in pattern else "business",
            "<str:step>": "consents",
            "<str:token>": self._link_of(pattern),
            "<slug:service>": "kakao",
            "<slug:passkey>": self.passkeys["admin" if pattern.startswith("backoffice/") else "eve"],
            "<slug:device>": self._device_of(pattern),
            "<sign_in_id>": self.devices["suji"],
            "<inquiry_id>": self.team["luckffle/inquiries/"],
            "<file_id>": self.team["luckffle/inquiries/attachments/"],
            "<path:object_id>": self._object_of(pattern),
            "<path:content_type_id>/": "1/",
            "<app_label>": "payments",
            "(?P<url>.*)$": "nothing-is-here/",
        }

    def _link_of(self, pattern: str) -> str:
        if pattern.startswith("luckffle/"):
            return self.links["member-reset"]
        return self.links["email" if "email" in pattern else "reset"]

    def _device_of(self, pattern: str) -> str:
        return self.devices[{"backoffice": "admin", "luckffle": "suji"}.get(pattern.split("/")[0], "minji")]

    def _object_of(self, pattern: str) -> Any:
        """The key of a row of the model that a page of the back office shows."""
        parts = pattern.split("/")
        if parts[1:2] == ["r"] or "<path:object_id>" not in parts:
            return "1"
        shown: dict[str, Any] = {
            "notification": self.alert,
            "paymentorder": self.order,
            "campaign": self.running,
            "effect": self.effect,
            "approvalrequest": self.approval,
        }
        row = shown.get(parts[2]) or apps.get_model(parts[1], parts[2])._base_manager.order_by("pk").first()
        assert row is not None, f"no row of {parts[2]} exists"
        return row.pk


def build(
    sandbox: SandboxProcess, settings: Any, *, at: datetime, minji: Advertiser, eve: Advertiser, people: dict[str, User],
    members: dict[str, Member],
) -> World:  # fmt: skip
    """
    A paid order with a refund that waits, an order that waits for its payment, a running and a submitted campaign, a member who takes
    part and has opened the page, a notice, an alert, a request for a second person, a difference, work that stopped, and a row of
    everything that operators look at. Eve has money of her own.
    """
    sandbox.reset()
    point_at(settings, sandbox)
    for number, (name, person) in enumerate(people.items()):
        person.name, person.phone = NAMES[name], person.phone or f"+82105555{number:04}"
        person.save(update_fields=["name", "phone"])
    people = people | {"operator": hire("operator", "reviewer"), "finance": hire("finance", "finance"), "admin": hire("admin", "admin")}
    second_factors = {name: give_second_factor(people[name]) for name in ("operator", "finance", "admin")}
    for name in second_factors:
        RecoveryCodes.activate(people[name])
    BusinessUser.objects.update(representative="홍길동")  # in whose name every account of the sandbox is
    packages = {package.credits: package for package in payments.ensure_packages()}
    buyer = Buyer(sandbox)
    till = Till(advertiser=minji, user=people["minji"], buyer=buyer, packages=packages, at=at)
    order = till.paid()
    refund = till.refund(order, 12_345)
    picture_file = file_of(picture(size=(600, 600)))
    shown = images.store(advertiser=minji, upload=picture_file, by=people["minji"], at=at)
    running, submitted = (
        campaigns.submit_campaign(
            advertiser=minji, spec=spec_of(at, title=title, budget=budget, image=shown.public_id), by=people["minji"], at=at, key=title
        )
        for title, budget in (("도는 캠페인", 1_000), ("기다리는 캠페인", 23_450))
    )
    PolicyRule.objects.get_or_create(
        name="세상의 기준", defaults={"words": "최저가", "message": "근거가 필요해요.", "bad": "최저가", "good": "좋은 값"}
    )
    draft = drafts.begin(
        advertiser=minji, by=people["minji"], at=at, key="world", answers=spec_of(timezone.now(), budget=1_000).model_dump(mode="json")
    )
    running = campaigns.approve(campaign=running, by=people["operator"], at=at)
    taking = _taking_part(running, members["suji"], now=timezone.now())
    pictured = campaigns.submit_campaign(
        advertiser=minji, spec=spec_of(at, title="사진 캠페인", type="PROOF"), by=people["minji"], at=at, key="사진 캠페인"
    )
    pictured = campaigns.approve(campaign=pictured, by=people["operator"], at=at)
    converting = campaigns.submit_campaign(
        advertiser=minji, spec=spec_of(at, title="전환 캠페인", type="ACTION"), by=people["minji"], at=at, key="전환 캠페인"
    )
    choosing = campaigns.submit_campaign(
        advertiser=minji, spec=spec_of(at, title="체험 캠페인", type="REVIEW"), by=people["minji"], at=at, key="체험 캠페인"
    )
    choosing = campaigns.approve(campaign=choosing, by=people["operator"], at=at)
    application = campaigns.apply(
        member=members["hana"].pk, campaign=choosing.public_id, text="집 근처라서 자주 가요.", device="android/chrome", at=timezone.now()
    )
    evidence = _sent_in(pictured, members["suji"], now=timezone.now())
    raffle = _raffle(members["suji"], by=people["operator"], funder=people["finance"])
    tax = _tax(members["suji"], by=people["operator"], funder=people["finance"])
    give(members["hana"], 1, timezone.now())
    item, coupon = _coupon(members)
    leave(member=MemberFactory(), at=timezone.now())
    _own_data(members["suji"], at=timezone.now() - timedelta(days=2))
    Offer.objects.create(
        name="첫 충전 쿠폰", code="WORLD", from_credits=0, fixed_credits=1_000, budget_credits=10_000, starts_at=at,
        ends_at=timezone.now() + timedelta(days=999), created_by=people["admin"],
    )  # fmt: skip
    payments.create_order(advertiser=minji, package=packages[500_000], by=people["minji"], at=at, key="world:coupon", coupon="WORLD")
    approval_refund = till.refund(till.paid(3_000_000), 2_000_000)
    approval = payments.approve_refund(refund=approval_refund, by=people["operator"], at=at + timedelta(hours=2))
    assert isinstance(approval, ApprovalRequest)
    with transaction.atomic():
        credits.top_up(advertiser=eve, credits=5_000, order_id="eve-order", gateway="portone", key="eve:top_up", at=at)
        notice = notifications.notify(
            user=people["minji"], kind="test.notice", title="충전했어요", body="크레딧이 들어왔어요.", key="world:notice", at=at
        )
        alert = notifications.alert_operators(kind="test.alert", title="확인해 주세요", body="차이가 있어요.", key="world:alert", at=at)
        difference = open_item(
            kind=ReconciliationItem.Kind.MISMATCH, key="world:item", gateway="portone", ref=order.order_id, order=order, at=at,
            differences={"amount_krw": ["110000", "110001"]},
        )  # fmt: skip
        unallocated.take_in(
            order, gateway="portone", amount_krw=50_000, why=UnallocatedMoney.Why.TWICE, paid_at=at, key="world:money", at=at
        )
        access_log.note(actor=people["admin"], action="contact.viewed", subject=f"user:{people['minji'].public_id}", at=at)
    document = TaxDocument.objects.create(
        key="world:document", number="TIWORLD", advertiser=minji, kind="INVOICE", written_on=day_of(at),
        supply_krw=1_000, vat_krw=100,
        buyer={"number": "9990100013", "name": "민지네 커피", "representative": "", "address": "", "email": ""}, state="FAILED",
        failure="국세청에 폐업한 사업자로 나와요.", made_at=at,
    )  # fmt: skip
    SuretyPolicy.objects.create(
        number="100-000-1", amount_krw=30_000_000, valid_from=day_of(at), valid_until=day_of(at + timedelta(days=9_999))
    )
    card = _cards(minji, eve, packages[100_000], by=people["minji"], at=at)
    effect = Effect.objects.create(
        kind="payments.receipt", key="world:effect", state=Effect.State.PARKED, failures=5, due_at=at, created_at=at
    )
    CannedReply.objects.create(title="인사", text="안녕하세요.")
    ActAsSession.objects.create(
        operator=people["admin"],
        advertiser=minji,
        reason="화면이 다르다는 문의",
        token_hash="x",
        started_at=at,
        ends_at=at + timedelta(minutes=30),
    )
    JobRun.objects.create(name="payments.sweep", succeeded_at=at)
    InboundWebhook.objects.create(
        gateway="portone", event_id="msg_1", type="Transaction.Paid", ref=order.order_id, body=b"{}", received_at=at
    )
    backoffice.set_policy(
        name="payments.second_approval_above_krw", value=1_000_000, effective_from=at, by=people["admin"], reason="그대로 둬요", at=at
    )
    offered = team.invite(advertiser=minji, email=people["eve"].email, role="MANAGER", by=people["minji"], at=at)
    recipient = team.add_recipient(advertiser=minji, email="boss@example.com", by=people["minji"], at=at)
    team.set_limit(advertiser=minji, role="MANAGER", monthly_credits=0, monthly_top_up_credits=0, by=people["minji"], at=at)
    manager = MembershipFactory(advertiser=minji, role="MANAGER", user__username="mina").user
    asked = campaigns.submit_or_ask(advertiser=minji, spec=spec_of(at, title="한도를 넘는 캠페인"), by=manager, at=at, key="limit")
    above = payments.create_order(advertiser=minji, package=packages[500_000], by=manager, at=at, key="above")
    to_pay = payments.ask_second(order=above, by=manager, at=at)
    key = team.make_key(membership=people["minji"].memberships.get(), name="보고서", scopes=["campaigns.read"], at=at)
    told = _told(minji, people["minji"], at=at)
    with transaction.atomic():
        paper = papers.attach(business=minji.business, stored=papers.store(file_of(picture())), by=people["minji"], at=at)
        mail_links.ask_to_confirm(user=people["eve"], email="new@example.com", at=timezone.now())
    links = {
        "email": mail_links.make_token(MailLink.objects.get(email="new@example.com")),
        "reports": token_of_recipient(recipient),
        "contact": urlsplit(guests.link_of(_asked_by_a_guest(), at=timezone.now())).path.split("/")[3],
        "reset": mail_links.grant_reset(user=people["minji"], at=timezone.now()),
        "member-reset": mail_links.grant_reset(user=members["suji"].user, at=timezone.now()),
    }
    question = InquiryIn(topic="PAYMENT", title="김민지의 질문", text="영수증이 안 보여요.")
    file = uploads.store(file_of(picture()), folder="inquiries", name="첨부")
    inquiry = inquiries.ask(asker=people["minji"], advertiser=minji, question=question, files=[file], key="world", at=at)
    own_file = uploads.store(file_of(picture()), folder="inquiries", name="첨부")
    own_question = InquiryIn(topic="REWARD", title="티켓이 안 보여요", text="어제 미션을 마쳤어요.")
    own = inquiries.ask(asker=members["suji"].user, advertiser=None, question=own_question, files=[own_file], key="world", at=at)
    shown_copy, waiting_copy = _copies(people["admin"], at=at)
    Faq.objects.create(topic=Faq.Topic.REFUND, question="환불은 언제 되나요?", answer="3영업일 안에 돼요.", is_on_landing=True)
    news = Notice.objects.create(title="점검 안내", text="새벽에 잠깐 쉬어요.", shown_from=at)
    deposit, payout = _bank(minji, packages[3_000_000], people, at=at)
    banner, place = _on_the_home(running, people["admin"], at=at)
    title, body = push.labelled("가을 혜택", "오늘만 티켓을 두 배로 드려요.")
    parts = {
        "luckffle/inquiries/attachments/": Attachment.objects.get(message__inquiry=own).public_id,
        "luckffle/inquiries/": own.public_id,
        "contact/threads/": Attachment.objects.get(message__inquiry__kind="GUEST").public_id,
        "inquiries/attachments/": Attachment.objects.get(message__inquiry=inquiry).public_id,
        "inquiries/": inquiry.public_id,
        "notices/<uuid": news.public_id,
        "content/copies/": waiting_copy.public_id,
        "content/pictures/": waiting_copy.pictures.get().public_id,
        "guide/pictures/": shown_copy.pictures.get().public_id,
        ">/limit/": manager.memberships.get().public_id,
        "payments/approvals/": to_pay.public_id,
        "my-page/cards/": card.public_id,
        "team/invitations/": offered.public_id,
        "team/recipients/": recipient.public_id,
        "team/members/": people["jisoo"].memberships.get().public_id,
        "campaigns/approvals/": asked.public_id,
        "api-keys/": key.key.public_id,
        "webhooks/deliveries/": told.public_id,
        "my-page/webhooks/": told.endpoint.public_id,
        "my-page/papers/": paper.public_id,
        "documents/": document.public_id,
        "backoffice/papers/": paper.public_id,
        "bank/deposits/": deposit.public_id,
        "bank/payouts/": payout.public_id,
        "banners/": banner.public_id,
        "exposure/places/": place.public_id,
        "backoffice/pushes/": push.compose(wish=PushIn(title=title, body=body, key="world-0001"), by=people["admin"], at=at).public_id,
    }
    close_finished_days(at=timezone.now())
    credits.keep_proof(proof.run(), at=timezone.now())
    retention.purge(at=timezone.now())
    sessions = {name: next(iter(_proved(user).cookies.values())).value for name, user in people.items()}
    app_tokens = {name: _app_sign_in(member) for name, member in members.items()}
    devices = {name: _device(people[name], sessions[name]) for name in ("minji", "admin", "suji")}
    check = identity_checks.start(
        purpose=IdentityCheck.Purpose.MEMBER, user=members["suji"].user, browser=browsers.keyed("app", str(members["suji"].user_id)),
        address="", at=timezone.now(), provider=IdentityCheck.Provider.PORTONE,
    )  # fmt: skip
    own_check = identity_checks.start(
        purpose=IdentityCheck.Purpose.STEP_UP, user=people["minji"], browser=_browser_of(sessions["minji"]), address="",
        at=timezone.now(), provider=IdentityCheck.Provider.PORTONE,
    )  # fmt: skip
    keys = {name: SoftKey(origin="https://testserver", house="testserver") for name in ("eve", "admin")}
    numbers = {name: passkeys.number_of(keep_key(people[name], key)) for name, key in keys.items()}
    unpaid, link = till.order(300_000), token_of_invitation(offered)
    return World(
        people=people, advertiser=minji, order=order, unpaid=unpaid, refund=refund, running=running, submitted=submitted, notice=notice,
        alert=alert, approval=approval, team=parts, invitation=link, links=links,
        difference=difference, effect=effect, members=members, taking=taking, pictured=pictured, converting=converting, evidence=evidence,
        choosing=choosing, application=application,
        draft=draft, picture=shown,
        raffle=raffle, tax=tax,
        item=item, coupon=coupon, run=GifticonImport.objects.create(state="READY", started_at=at, read_at=at),
        check=check.public_id, own_check=own_check.public_id, keys=keys, passkeys=numbers,
        devices=devices, sessions=sessions, app_tokens=app_tokens, second_factors=second_factors, buyer=buyer,
    )  # fmt: skip


def _bank(minji: Advertiser, package: Package, people: dict[str, User], *, at: datetime) -> tuple[BankDeposit, BankPayout]:
    """A deposit of our own account that waits, the order it is for, and another one that an operator wants sent back."""
    order = payments.create_order(advertiser=minji, package=package, by=people["minji"], at=at, key="world:bank", method="BANK")
    payments.open_window(order=order, at=at)
    payments.sync_order(order_id=order.order_id, at=at)
    lines = [StatementLine("WORLD-1", at, package.amount_krw, order.depositor), StatementLine("WORLD-2", at, 5_000, "김민지")]
    payments.take_statement(lines=lines, by=people["operator"], at=at)
    back = PayoutAccount(bank="088", number="110123456789", holder="김민지")
    payments.return_deposit(
        deposit=BankDeposit.objects.get(number="WORLD-2"), account=back, by=people["operator"], at=at, reason="모르는 분이에요"
    )
    return BankDeposit.objects.get(number="WORLD-1"), BankPayout.objects.get()


def _on_the_home(campaign: Campaign, by: User, *, at: datetime) -> tuple[Banner, ExposureSlot]:
    """A banner that is up and leads to the campaign, which stands at a fixed place."""
    facts = {"place": 1, "shown_from": at, "shown_until": at + timedelta(days=7)}
    wish = BannerWish.model_validate(
        {"title": "가을 배너", "alt": "가을 소식", "leads_to": "MISSION", "mission": str(campaign.public_id), **facts}
    )
    banner = banners.make(wish=wish, upload=file_of(picture(size=(1080, 540))), by=by, at=at)
    slot = SlotWish.model_validate({"campaign": str(campaign.public_id), "reason": "가을 행사", **facts})
    return banner, campaigns.hold_place(wish=slot, by=by, at=at)


def _asked_by_a_guest() -> Inquiry:
    """A question of somebody without an account, with a file."""
    who = {"name": "박손님", "email": "guest@example.com", "agreed": True, "topic": "CAMPAIGN"}
    guest = GuestIn(**who, title="비회원의 질문", text="얼마부터 할 수 있나요?")
    asked = guests.ask(guest=guest, address="a" * 64, key="world", at=timezone.now())
    file = uploads.store(file_of(picture()), folder="inquiries", name="첨부")
    guests.follow_up(inquiry=asked, message=MessageIn(text="이런 광고예요."), files=[file], key="world-2", at=timezone.now())
    return asked


def _told(minji: Advertiser, by: User, *, at: datetime) -> WebhookDelivery:
    """A receiver with one event that waits."""
    url = f"{settings.WEBHOOK_TRUSTED_ORIGINS[0]}/receiver/shop"
    endpoint = webhooks.create(advertiser=minji, name="주문 서버", url=url, wanted=[webhooks.events.CREDITS_LOW], by=by, at=at).endpoint
    webhooks.try_out(endpoint=endpoint, at=at)
    return WebhookDelivery.objects.select_related("endpoint").get(endpoint=endpoint)


def _copies(by: User, *, at: datetime) -> tuple[GuideSnapshot, GuideSnapshot]:
    """A guide with a copy from Notion that people read, and one that waits for a decision."""
    guide = Guide.objects.create(
        slug="refund",
        title="환불 받기",
        summary="환불을 요청하는 방법",
        text="결제 내역에서 요청해요.",
        is_shown=True,
        notion_page="a" * 32,
    )
    made = []
    for state, published in (("PUBLISHED", {"published_at": at, "published_by": by}), ("READY", {})):
        copy = GuideSnapshot.objects.create(
            guide=guide, state=state, asked_at=at, asked_by=by, title="환불", html=f"<p>{state}</p>", edited_at=at, **published
        )
        stored = uploads.store(file_of(picture()), folder="guides", name="그림")
        SnapshotPicture.objects.create(snapshot=copy, file=stored.file, content_type=stored.content_type, width=10, height=10)
        made.append(copy)
    Guide.objects.update(published=made[0])
    return made[0], made[1]


def _cards(minji: Advertiser, eve: Advertiser, package: Package, *, by: User, at: datetime) -> SavedCard:
    """Automatic top-up is offered, both have a card, and Minji has it on; the card on its way to be registered."""
    for name in ("payments.auto_top_up", "payments.recurring.portone"):
        DatedSetting.objects.create(name=name, value=True, effective_from=at, reason="계약했어요")
    for advertiser in (minji, eve):
        SavedCard.objects.create(
            advertiser=advertiser, gateway="portone", state="ACTIVE", sealed_key=sealed.seal("billing-key"), name="신한카드 1234****",
            asked_by=by, asked_at=at, registered_at=at,
        )  # fmt: skip
    AutoTopUp.objects.create(
        advertiser=minji, package=package, amount_krw=package.amount_krw, below_credits=10_000, monthly_limit_krw=1_100_000, agreed_by=by,
        agreed_at=at,
    )  # fmt: skip
    return payments.begin_card(advertiser=minji, by=by, at=at)


def _own_data(member: Member, *, at: datetime) -> None:
    """The file of everything we know of a member, two days old."""
    export = data_export.ask(member=member, at=at)
    with transaction.atomic():
        data_export.record(export_id=export.pk, file=data_export.make(export, at=at), at=at)


def _browser_of(session: str) -> str:
    """The hash of the secret that this session's browser has."""
    return browsers.keyed("browser", SessionStore(session)["browser"])


def _sent_in(campaign: Campaign, member: Member, *, now: datetime) -> Evidence:
    """A picture that waits for the advertiser's look."""
    started = now - timedelta(minutes=3)
    taking = campaigns.start(member=member.pk, campaign=campaign.public_id, device=DEVICE, at=started)
    token = tokens.read(taking.token(at=started), device=DEVICE)
    campaigns.picture(member=member.pk, token=token, upload=photograph(1), at=now - timedelta(minutes=1))
    return Evidence.objects.get(participation=taking.public_id)


def _device(user: User, session: str) -> str:
    """What names this person's browser in an address."""
    row, _ = UserSession.objects.get_or_create(session_key=session, defaults={"user": user, "ip": "127.0.0.1", "user_agent": ANDROID})
    return number_of(row)


def _proved(user: User) -> Client:
    """A browser of somebody who signed in and, an advertiser, has just shown again who they are."""
    client = browser(user)
    if user.kind == User.Kind.ADVERTISER:
        for purpose in StepUpGrant.Purpose:
            step_up(client, user, purpose)
    return client


def _raffle(member: Member, *, by: User, funder: User) -> Raffle:
    """Open since an hour ago; the member has entered once and has tickets left."""
    at = timezone.now() - timedelta(hours=1)
    raffle = opened(at, by=by, funder=funder, closes_at=at + timedelta(days=2))
    give(member, 10, at)
    press(member, raffle, key="world", at=at)
    return raffle


def _tax(member: Member, *, by: User, funder: User) -> PrizeTax:
    """Won with a public value that nobody checks here, and claimed an hour ago; the member has told nothing yet."""
    at = timezone.now() - timedelta(hours=3)
    raffle = opened(at, by=by, funder=funder, prizes=({"name": "자전거", "quantity": 1, "value_krw": 80_000},))
    press(member, raffle, key="world", at=at)
    row = raffles.close(raffle=raffle, at=raffle.closes_at)
    with transaction.atomic():
        drawing.record_draw(raffle_id=row.pk, value=PublicValue(row.public_round or 0, "00" * 48, "ab" * 32), at=row.draws_at)
    raffles.claim(member=member, raffle=raffle.public_id, at=row.draws_at)
    return PrizeTax.objects.select_related("winner__raffle").get(winner__raffle=raffle)


def _coupon(members: dict[str, Member]) -> tuple[Gifticon, GifticonOrder]:
    """Something in the shop that both members may have, and one of it that suji has got."""
    at = timezone.now()
    for person, member in zip(("5a", "5b"), members.values(), strict=True):
        gifticon_world.known_member(member, at, tickets=2_000, person=person)
    item = gifticon_world.gifticon(at, face_krw=7_770, cost_krw=7_000)
    order = gifticon_world.press(members["suji"], item, tickets=777, key="world", at=at)
    with transaction.atomic():
        outcomes.issue(order, pin="900000000001", valid_until=None, at=at)
    return item, GifticonOrder.objects.get(pk=order.pk)


def _taking_part(campaign: Campaign, member: Member, *, now: datetime) -> Taking:
    """Started three minutes ago, opened two minutes ago: long enough to be confirmed."""
    started = now - timedelta(minutes=3)
    taking = campaigns.start(member=member.pk, campaign=campaign.public_id, device=DEVICE, at=started)
    token = tokens.read(taking.token(at=started), device=DEVICE)
    return campaigns.open_landing(member=member.pk, token=token, at=now - timedelta(minutes=2))


def _app_sign_in(member: Member) -> dict[str, str]:
    """What the app keeps after signing in: access_token and refresh_token."""
    sent = {"phone": member.user.phone, "password": PASSWORD}
    told = Client().post("/api/luckffle/v1/auth/login", sent, content_type="application/json")
    return {name: told.json()["meta"][name] for name in ("access_token", "refresh_token")}


def routes(portal: str) -> list[str]:
    """Every pattern of a portal, as one string without the leading slash; the same twice is once."""
    return list(dict.fromkeys(_APP_LABELS.sub("<app_label>/", row) for row in _walk(get_resolver(portals.URLCONFS[portal]), "")))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern)
        else:
            yield from _walk(entry, prefix + str(entry.pattern))


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside never happened. The block counts as the test's own, so that durable blocks may open inside."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def ask(world: World, who: str, method: str, address: str, **sent: Any) -> Any:
    """The answer this person gets to what was sent; what it changed stays."""
    headers = world.headers(who, address) | sent.pop("headers", {})
    return getattr(world.client(who), method.lower())(address, headers=headers, **sent)


def answer(world: World, who: str, method: str, address: str, **sent: Any) -> Any:
    """The answer this person gets; nothing of it stays."""
    with undone():
        return ask(world, who, method, address, **sent)


def pages(world: World, portal: str) -> Iterator[tuple[str, Any]]:
    """(address, answer) of every address of a portal that the person with the most rights may look at; the rest are named elsewhere."""
    who = {"advertiser": "minji", "luckffle": "suji", "backoffice": "admin"}[portal]
    for pattern in routes(portal):
        address = world.address(pattern)
        yield address, answer(world, who, "GET", address)


def word_for(response: Any) -> str:
    """An answer in a word: `login` for being sent to sign in (not by signing out), `->` for any other redirect, else the status."""
    if response.status_code in (301, 302, 303):
        to_door = "/login/" in response.headers["Location"].split("?")[0] and not response.request["PATH_INFO"].endswith("/logout/")
        return "login" if to_door else "->"
    return str(response.status_code)


def writes_so_far(*, but: frozenset[str]) -> dict[str, int]:
    """
    Rows written in this transaction by table, those that were taken back included. Where a number stands still nothing changed, and
    nobody has to look at the table.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE relname <> ALL(%s) AND n_tup_ins + n_tup_upd + n_tup_del > 0",
            [list(but)],
        )
        return dict(cursor.fetchall())


def rows_of(tables: Iterable[str]) -> dict[str, tuple[int, str]]:
    """(count, fingerprint) of these tables."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM \"{table}\" t")
            found[table] = cursor.fetchone()
    return found


def rows_of_all_tables(*, but: frozenset[str]) -> dict[str, tuple[int, str]]:
    """(count, fingerprint) of every table of the database, except those named."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = {name for (name,) in cursor.fetchall()}
    return rows_of(names - but)


def written_since(written: dict[str, int], *, but: frozenset[str]) -> set[str]:
    """The tables in which rows were written, or written and taken back, since `written` was read."""
    return {table for table, count in writes_so_far(but=but).items() if written.get(table) != count}
