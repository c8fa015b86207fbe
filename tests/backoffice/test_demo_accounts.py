"""An account to try the product with: asked for by a stranger, opened by an operator, ended by the clock, in no figure of the house."""

import re
import uuid
from datetime import timedelta
from unittest.mock import Mock

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from advertisers.models import Advertiser, Membership
from backoffice import demo_accounts, liabilities, review_queue, rights, selectors
from backoffice.demo_accounts import AddressInUse, DemoGranted, NoDemoAsked, NotADemo
from campaigns import services as campaigns
from campaigns.models import Campaign, Draft, State
from campaigns.schemas import CampaignSpec
from campaigns.services.content import NoRaffleInDemo
from campaigns.services.review import DemoIsNotReviewed
from common import effects, handlers
from credits import proof
from credits import selectors as balances
from credits import services as credits
from credits.models import Kind, Lot, Posting
from identity import retention
from identity.models import User
from inquiries.models import Inquiry
from payments import services as payments
from payments.models import PaymentOrder, SavedCard
from rewards.models import Raffle
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press, said
from tests.campaigns.conftest import spec_of
from tests.campaigns.examples import BESIDE, EXAMPLES
from tests.signing_in import browser

ASKED = {
    "name": "한가람", "company": "가람 광고", "email": "garam@example.com", "phone": "", "topic": "DEMO", "title": "써 보고 싶어요",
    "text": "계약하기 전에 화면을 보고 싶어요.", "agreed": "on",
}  # fmt: skip
PASSWORD = "dodam-2026-garam"


def ask(**changes):
    """Somebody fills the contact page in."""
    answer = Client().post("/contact/", {**ASKED, "key": str(uuid.uuid4()), **changes})
    assert answer.status_code == 302, answer.content.decode()
    return Inquiry.objects.unscoped().order_by("-pk").first()


@pytest.fixture
def asked(db):
    handlers.load()
    return ask()


@pytest.fixture
def sora(db):
    return hire("sora", rights.SUPPORT)


@pytest.fixture
def demo(asked, sora):
    return demo_accounts.grant(inquiry=asked, days=14, by=sora, reason="계약 전 확인", at=timezone.now())


class TestAsking:
    def test_is_a_choice_of_the_contact_page_and_of_no_other(self, db, minji_user):
        assert "데모 계정 요청" in Client().get("/contact/").text
        assert "데모 계정 요청" not in browser(minji_user).get("/my-page/inquiries/new/").text


class TestOpening:
    def test_s_16_is_a_press_of_an_operator_with_the_right_and_leaves_who_and_why(self, asked, sora):
        client = enter(sora)
        page = client.get(at("inquiry-detail", asked.public_id))
        assert "데모 계정 열기" in page.text
        done = client.post(at("demo-grant", asked.public_id), {"days": 7, "reason": "계약 전 확인"}, follow=True)
        assert "데모 계정을 열고" in said(done)
        member = Membership.objects.get(advertiser__is_demo=True)
        assert (member.advertiser.name, member.user.name) == ("가람 광고", "한가람")
        assert timedelta(days=6, hours=23) < member.user.ends_at - timezone.now() <= timedelta(days=7)
        note = LogEntry.objects.filter(user=sora).order_by("pk").first()
        assert (note.object_id, note.change_message) == (str(member.advertiser_id), "데모 계정을 7일 동안 열었어요 · 계약 전 확인")

    @pytest.mark.parametrize("fields", [{"days": 0, "reason": "확인"}, {"days": 31, "reason": "확인"}, {"days": 7, "reason": ""}])
    def test_wants_days_in_bounds_and_a_reason(self, asked, sora, fields):
        assert enter(sora).post(at("demo-grant", asked.public_id), fields).status_code == 422
        assert not Advertiser.objects.filter(is_demo=True).exists()

    @pytest.mark.parametrize("role", [rights.REVIEWER, rights.FINANCE, rights.CONTENT])
    def test_is_not_for_every_role(self, asked, desk, role):
        assert desk(role).post(at("demo-grant", asked.public_id), {"days": 7, "reason": "확인"}).status_code in (403, 404)
        assert not Advertiser.objects.filter(is_demo=True).exists()

    def test_happens_once_for_open_requests_of_strangers(self, asked, sora, demo, minji_user):
        now = timezone.now()
        for inquiry, refusal in (
            (asked, DemoGranted),
            (ask(topic="OTHER", email="other@example.com"), NoDemoAsked),
            (ask(email=minji_user.email), AddressInUse),
        ):
            with pytest.raises(refusal):
                demo_accounts.grant(inquiry=inquiry, days=7, by=sora, reason="확인", at=now)
        assert Advertiser.objects.filter(is_demo=True).count() == 1

    def test_that_was_stopped_on_the_way_goes_on_with_the_same_account(self, asked, sora, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(demo_accounts.drafts, "begin", Mock(side_effect=OSError))
            with pytest.raises(OSError):
                demo_accounts.grant(inquiry=asked, days=7, by=sora, reason="확인", at=timezone.now())
        member = Membership.objects.get(advertiser__is_demo=True)
        assert demo_accounts.grant(inquiry=asked, days=7, by=sora, reason="확인", at=timezone.now()) == member
        assert Draft.objects.owned_by(member.advertiser).open().count() == 1
        assert [message.text.count(member.user.username) for message in asked.messages.filter(side="HOUSE")] == [1]
        with pytest.raises(DemoGranted):
            demo_accounts.grant(inquiry=asked, days=7, by=sora, reason="확인", at=timezone.now())

    def test_comes_with_credits_campaigns_and_a_draft(self, demo):
        balance = balances.balance(demo.advertiser)
        assert (balance.total, balance.held) == (3_000_000, 300_000)
        assert [row.state for row in Campaign.objects.owned_by(demo.advertiser)] == [State.SUBMITTED, State.SUBMITTED]
        assert Draft.objects.owned_by(demo.advertiser).open().count() == 1
        client = browser(demo.user)
        page = client.get("/dashboard/").text
        assert "데모 계정이에요." in page
        for path in ("/campaigns/", "/my-page/credit/", "/my-page/analytics/"):
            assert client.get(path).status_code == 200

    def test_tells_by_mail_how_to_come_in_and_holds_no_secret(self, demo):
        effects.run_due(at=timezone.now())
        letter = next(letter for letter in mail.outbox if demo.user.username in letter.body)
        assert letter.to == ["garam@example.com"]
        assert "/accounts/password/reset/" in letter.body
        mail.outbox.clear()
        Client().post("/accounts/password/reset/", {"action": "mail", "email": "garam@example.com"})
        effects.run_due(at=timezone.now())
        link = re.search(r"/accounts/password/reset/\S+/", mail.outbox[-1].body)[0]
        assert "비밀번호를 새로 정했어요" in Client().post(link, {"password": PASSWORD}).text
        demo.user.refresh_from_db()
        assert demo.user.check_password(PASSWORD)


class TestPlayMoney:
    def test_s_16_makes_no_order_by_page_or_service_whatever_the_method(self, demo):
        package = payments.ensure_packages()[0]
        client = browser(demo.user)
        for method in ("CARD", "VIRTUAL_ACCOUNT", "BANK"):
            with pytest.raises(credits.DemoHasNoMoney):
                payments.create_order(
                    advertiser=demo.advertiser, package=package, by=demo.user, at=timezone.now(), key=f"k{method}", method=method
                )
        page = client.get("/payments/top-up/")
        assert page.status_code == 200
        key = re.search(r'name="key"[^>]*value="([^"]+)"', page.text)[1]
        answer = client.post("/payments/top-up/", {"package": package.credits, "method": "CARD", "agree": "on", "key": key})
        assert "실제로 결제하지 않아요" in answer.text or answer.status_code in (403, 422)
        assert not PaymentOrder.objects.exists()

    def test_registers_no_card(self, demo):
        with pytest.raises(credits.DemoHasNoMoney):
            payments.begin_card(advertiser=demo.advertiser, by=demo.user, at=timezone.now())
        assert not SavedCard.objects.exists()

    def test_takes_no_real_top_up_even_from_the_ledgers_own_door(self, demo):
        with transaction.atomic(), pytest.raises(credits.DemoHasNoMoney):
            credits.top_up(advertiser=demo.advertiser, credits=1, order_id="x", gateway="portone", key="x", at=timezone.now())

    def test_touches_only_its_own_accounts_and_demo(self, demo):
        kinds = set(Posting.objects.filter(entry__advertiser=demo.advertiser).values_list("account__kind", flat=True))
        assert kinds == {Kind.AVAILABLE, Kind.HELD, Kind.DEMO}
        assert proof.run().is_green


class TestFigures:
    def test_s_16_are_what_they_were_without_it(self, asked, sora, minji):
        with transaction.atomic():
            credits.grant_bonus(advertiser=minji, credits=10_000, key="given", at=timezone.now())
        now, reviewer = timezone.now(), hire("reviewer", rights.REVIEWER)

        def figures():
            owed = liabilities.liabilities_at(now)
            desk = enter(reviewer).get(at("review-list"))
            return repr(owed), selectors.liabilities(), review_queue.waiting().count(), desk.context["tabs"]

        before = figures()
        demo_accounts.grant(inquiry=asked, days=14, by=sora, reason="확인", at=now)
        assert figures() == before
        assert Lot.objects.filter(advertiser__is_demo=True).count() == 1

    def test_is_shown_as_what_it_is_in_the_list_of_advertisers(self, demo, desk):
        page = desk(rights.SUPPORT).get(at("advertisers_advertiser_changelist") + "?is_demo__exact=1")
        assert "가람 광고" in page.text

    def test_has_no_campaign_that_members_could_see(self, demo, operator):
        for row in Campaign.objects.owned_by(demo.advertiser):
            with pytest.raises(DemoIsNotReviewed):
                campaigns.approve(campaign=row, by=operator, at=timezone.now())
        assert not Campaign.objects.owned_by(demo.advertiser).exclude(state=State.SUBMITTED).exists()


class TestARaffle:
    def test_is_not_sponsored_by_a_demo(self, demo):
        now = timezone.now()
        parts = {**spec_of(now, unit_price=20).model_dump(mode="json"), "type": "RAFFLE", "details": EXAMPLES["RAFFLE"].details}
        spec = CampaignSpec.model_validate({**parts, "reward": {"tickets": 1, "prizes": BESIDE["RAFFLE"]["prizes"]}})
        with pytest.raises(NoRaffleInDemo):
            campaigns.submit_campaign(advertiser=demo.advertiser, spec=spec, by=demo.user, at=now, key="raffle")
        assert not Raffle.objects.exists()


class TestTheEnd:
    def test_s_16_refuses_signing_in_with_a_clear_sentence(self, demo):
        demo.user.set_password(PASSWORD)
        demo.user.save()
        typed = {"login": demo.user.username, "password": PASSWORD}
        assert Client().post("/accounts/login/", typed).status_code == 302
        with time_machine.travel(demo.user.ends_at, tick=False):
            answer = Client().post("/accounts/login/", typed)
        assert answer.status_code == 422
        assert "이용 기간이 끝난 계정이에요" in answer.text

    def test_ends_open_sessions_with_the_next_click(self, demo):
        client = browser(demo.user)
        assert client.get("/dashboard/").status_code == 200
        User.objects.filter(pk=demo.user.pk).update(ends_at=timezone.now())
        answer = client.get("/dashboard/", follow=True)
        assert answer.redirect_chain
        assert "이용 기간이 끝난 계정이에요" in answer.text

    def test_comes_at_once_by_a_press_with_a_reason(self, demo, sora, minji):
        client = enter(sora)
        press(client, at("advertisers_advertiser_end_demo", demo.advertiser_id), reason="다 봤대요")
        demo.user.refresh_from_db()
        assert demo.user.has_ended(at=timezone.now())
        assert LogEntry.objects.filter(user=sora, change_message="데모 계정을 끝냈어요 · 다 봤대요").exists()
        with pytest.raises(NotADemo):
            demo_accounts.end(advertiser=minji, by=sora, reason="아니요", at=timezone.now())

    def test_s_16_forgets_everything_a_week_later_and_nothing_before(self, demo):
        ends_at, number = demo.user.ends_at, demo.user_id
        assert retention.purge(at=ends_at + timedelta(days=6, hours=23))["backoffice.demo_accounts"] == 0
        assert User.objects.get(pk=number).email == "garam@example.com"
        assert retention.purge(at=ends_at + timedelta(days=7))["backoffice.demo_accounts"] == 1
        person, advertiser = User.objects.get(pk=number), Advertiser.objects.get(pk=demo.advertiser_id)
        assert (person.email, person.is_active, person.name) == ("", False, "탈퇴한 사용자")
        assert (advertiser.name, advertiser.is_active, advertiser.personal.name) == ("닫은 광고주", False, "닫은 광고주")
        assert not Draft.objects.owned_by(advertiser).exists()
        assert {row.state for row in Campaign.objects.owned_by(advertiser)} == {State.WITHDRAWN}
        assert balances.balance(advertiser).total == 0
        demo_lines = Posting.objects.filter(account__kind=Kind.DEMO).values_list("amount", flat=True)
        assert sum(demo_lines) == 0
        assert proof.run().is_green
        assert retention.purge(at=ends_at + timedelta(days=8))["backoffice.demo_accounts"] == 0

    def test_leaves_customers_alone(self, demo, minji, minji_user):
        retention.purge(at=demo.user.ends_at + timedelta(days=9))
        minji_user.refresh_from_db()
        assert minji_user.is_active
