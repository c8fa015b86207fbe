"""Review mode and the pack's room: who may, what is written, and that no figure of the house moves."""

import re
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Error

from backoffice import liabilities, rights, selectors
from backoffice.card_review import building, checks, difference, mode, pictures, walk
from backoffice.models import CardReviewMode, CardReviewPack
from common import effects, handlers
from common.models import Effect
from credits.services import DemoHasNoMoney
from identity import retention
from identity.models import AccessLog, User
from payments import insurance
from payments import services as payments
from payments.models import Offer, OfferUse, Package, PaymentOrder, ReconciliationItem, Refund
from payments.services import RefundNotPossible
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, said
from tests.signing_in import browser

ROOM, ON, OFF, MAKE = (at(name) for name in ("card-review", "card-review-on", "card-review-off", "card-review-make"))
WHY = "카드사가 화면을 봐요"


@pytest.fixture
def sora(db):
    handlers.load()
    return hire("sora", rights.FINANCE)


@pytest.fixture
def review(sora):
    return mode.switch_on(days=14, by=sora, reason=WHY, at=timezone.now())


def reviewer():
    return User.objects.get(memberships__advertiser__is_review=True)


def figures():
    """Everything that a reviewer's account could get into."""
    now = timezone.now()
    owed = liabilities.liabilities_at(now)
    first, cover = selectors.liabilities(), insurance.cover_at(now)
    return owed.paid_total, owed.free_total, owed.held_total, owed.frozen_total, owed.trial_balance, first, cover.outstanding


def order_of(person, credits=500_000, key="review-1"):
    package = payments.ensure_packages() and Package.objects.get(credits=credits)
    advertiser = person.memberships.get().advertiser
    return payments.create_order(advertiser=advertiser, package=package, by=person, at=timezone.now(), key=key)


class TestReviewMode:
    def test_s_73_is_switched_on_with_a_reason_and_lets_reviewers_in_until_it_ends(self, sora):
        client = enter(sora)
        assert client.post(ON, {"days": 14, "reason": ""}).status_code == 422
        page = client.post(ON, {"days": 14, "reason": WHY}, follow=True)
        assert "심사 모드를 켰어요" in said(page)
        current = CardReviewMode.objects.get()
        assert (current.opened_by, reviewer().ends_at) == (sora, current.ends_at)
        assert LogEntry.objects.get(user=sora).change_message == f"심사 모드를 14일 동안 켰어요 · {WHY}"
        password = mode.password_of(current)
        assert password in page.text
        assert password not in current.password
        visitor = Client()
        visitor.post("/accounts/login/", {"login": current.login, "password": password})
        assert visitor.get("/payments/top-up/").status_code == 200
        assert "이미 켜져" in said(client.post(ON, {"days": 14, "reason": WHY}, follow=True))
        assert "껐어요" in said(client.post(OFF, {"reason": WHY}, follow=True))
        assert visitor.get("/payments/top-up/").status_code == 302
        current.refresh_from_db()
        assert (current.closed_by, current.password, mode.current(at=timezone.now())) == (sora, "", None)
        assert "꺼져 있어요" in said(client.post(OFF, {"reason": WHY}, follow=True))

    def test_ends_by_the_clock(self, review):
        assert mode.current(at=review.ends_at) is None
        assert mode.current(at=review.ends_at - timedelta(seconds=1)) == review

    def test_moves_no_figure_of_the_house(self, sora, minji, cashier):
        before = figures()
        mode.switch_on(days=14, by=sora, reason=WHY, at=timezone.now())
        order = order_of(reviewer())
        payments.open_window(order=order, at=timezone.now())
        assert browser(reviewer()).get(mode.current(at=timezone.now()).draft_path).status_code == 200
        assert figures() == before

    def test_a_reviewer_who_pays_to_the_end_in_a_test_channel_gets_nothing_and_nobody_is_called(self, review, cashier):
        before = figures()
        order = order_of(reviewer())
        cashier.sandbox.control("POST", "/payments", {"request": payments.open_window(order=order, at=timezone.now())})
        cashier.sandbox.control("POST", f"/payments/{order.order_id}/approve", {})
        done = payments.sync_order(order_id=order.order_id, at=timezone.now())
        assert (done.state, done.is_credited, done.needs_check) == (PaymentOrder.State.ABANDONED, False, False)
        payments.reconcile(
            gateway_name="portone", since=timezone.now() - timedelta(days=1), until=timezone.now() + timedelta(hours=1), at=timezone.now()
        )
        assert (ReconciliationItem.objects.count(), figures()) == (0, before)

    def test_real_money_of_a_reviewer_waits_for_people_and_is_not_credited(self, review, cashier):
        order = order_of(reviewer())
        cashier.sandbox.control("POST", "/payments", {"request": payments.open_window(order=order, at=timezone.now())})
        cashier.sandbox.control("POST", f"/payments/{order.order_id}/approve", {"channel_type": "LIVE"})
        done = payments.sync_order(order_id=order.order_id, at=timezone.now())
        assert (done.is_credited, done.needs_check) == (False, True)
        assert ReconciliationItem.objects.get().differences["account"] == ["", "DEMO"]

    def test_its_window_opens_through_the_test_channel(self, review, settings):
        settings.PORTONE_CHANNEL_KEY_REVIEW = "channel-key-review"
        assert payments.open_window(order=order_of(reviewer()), at=timezone.now())["channelKey"] == "channel-key-review"

    def test_promises_no_budget_of_an_offer(self, review):
        now = timezone.now()
        Offer.objects.create(
            name="가을",
            from_credits=1,
            percent=10,
            budget_credits=10**6,
            starts_at=now,
            ends_at=now + timedelta(days=9),
            created_by=review.opened_by,
        )
        assert (order_of(reviewer()).bonus_credits, OfferUse.objects.count()) == (0, 0)

    def test_shows_the_request_for_a_refund_and_takes_none(self, review):
        order = order_of(reviewer())
        page = browser(reviewer()).get(f"/payments/orders/{order.order_id}/refund/")
        assert "얼마를 환불받을까요?" in page.text
        assert "550,000" in page.text
        with pytest.raises(RefundNotPossible):
            payments.request_refund(order=order, credits=500_000, reason="시험", by=reviewer(), at=timezone.now(), key="refund-1")
        assert Refund.objects.count() == 0

    def test_another_demo_still_sees_no_window(self, eve, eve_user):
        eve.is_demo = True
        eve.save(update_fields=["is_demo"])
        with pytest.raises(DemoHasNoMoney):
            order_of(eve_user)


class TestThePack:
    def test_s_74_is_asked_for_by_a_press_and_made_outside(self, sora, review, monkeypatch):
        monkeypatch.setattr(checks, "_unreachable", lambda url: "")
        monkeypatch.setattr(walk, "walk", lambda plan, stops: iter(()))
        client = enter(sora)
        page = client.post(MAKE, follow=True)
        pack = CardReviewPack.objects.get()
        assert "기다림" in page.text
        assert Effect.objects.get(kind=building.KIND).ids == {"pack": pack.pk}
        assert LogEntry.objects.get(object_id=str(pack.pk), content_type__model="cardreviewpack").user == sora
        assert "이미 만들고 있어요" in said(client.post(MAKE, follow=True))
        assert CardReviewPack.objects.count() == 1

    def test_has_the_page_where_credits_are_spent_though_the_switch_was_stopped_on_the_way(self, sora, review, monkeypatch):
        CardReviewMode.objects.update(draft_path="")
        monkeypatch.setattr(checks, "findings", lambda at: [])
        plans = []
        monkeypatch.setattr(walk, "walk", lambda plan, stops: iter(plans.append(plan) or ()))
        pack = CardReviewPack.objects.create(asked_by=sora, asked_at=timezone.now())
        building.build(pack)
        assert [plan.credit_path for plan in plans] == [review.draft_path] != [""]

    def test_s_73_names_in_the_room_what_has_to_be_put_right(self, sora, review, settings, monkeypatch):
        settings.COMPANY = {**settings.COMPANY, "mail_order_number": "", "phone": "010-1234-5678"}
        monkeypatch.setattr(checks, "_unreachable", lambda url: "")
        payments.ensure_packages()
        client = enter(sora)
        client.post(MAKE)
        effects.run_due(at=timezone.now())
        pack = CardReviewPack.objects.get()
        assert (pack.state, Effect.objects.get(kind=building.KIND).state) == ("FAILED", "DONE")
        page = client.get(at("card-review-pack", pack.public_id))
        assert "통신판매업신고번호" in page.text
        assert "휴대전화 번호예요" in page.text
        assert pack.trouble == f"카드사가 거절할 만한 것이 {len(pack.findings)}가지 있어요. 먼저 고쳐 주세요."

    def test_needs_review_mode(self, sora):
        assert "심사 모드를 켜 주세요" in said(enter(sora).post(MAKE, follow=True))
        assert (CardReviewPack.objects.count(), Effect.objects.count()) == (0, 0)

    def test_whose_maker_died_is_given_up_after_a_while(self, sora, review):
        pack = CardReviewPack.objects.create(asked_by=sora, asked_at=timezone.now(), started_at=timezone.now(), state="RUNNING")
        assert not building.give_up(pack, at=timezone.now())
        assert building.give_up(pack, at=timezone.now() + building.GIVEN_UP_AFTER)
        pack.refresh_from_db()
        assert (pack.state, pack.trouble) == ("FAILED", "만들던 작업이 끊겼어요. 다시 만들어 주세요.")

    @pytest.mark.usefixtures("storage_of_its_own")
    def test_a_file_that_is_taken_leaves_who_took_it(self, sora):
        pack = CardReviewPack.objects.create(asked_by=sora, asked_at=timezone.now(), finished_at=timezone.now(), state="READY")
        storages["private"].save(building.path_of(pack, "pdf"), ContentFile(b"%PDF-"))
        client = enter(sora)
        answer = client.get(at("card-review-file", pack.public_id, "pdf"))
        assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"%PDF-", "application/pdf")
        assert AccessLog.objects.get(action="card_review.downloaded").actor == sora
        assert client.get(at("card-review-file", pack.public_id, "exe")).status_code == 404

    @pytest.mark.parametrize("role", [rights.REVIEWER, rights.SUPPORT, rights.CONTENT])
    def test_is_nobody_elses(self, desk, role):
        client = desk(role)
        assert [client.get(ROOM).status_code, client.post(ON).status_code, client.post(OFF).status_code, client.post(MAKE).status_code] == [
            403
        ] * 4

    @pytest.mark.usefixtures("storage_of_its_own")
    def test_is_destroyed_after_half_a_year_with_its_files_and_the_last_one_stays(self, sora):
        now = timezone.now()
        packs = [
            CardReviewPack.objects.create(asked_by=sora, asked_at=then, finished_at=then, state=CardReviewPack.State.READY)
            for then in (now - timedelta(days=400), now - timedelta(days=200))
        ]
        paths = [building.path_of(pack, kind) for pack in packs for kind in building.FILES]
        for path in paths:
            storages["private"].save(path, ContentFile(b"%PDF-"))

        assert retention.rehearse(at=now)["backoffice.card_review_packs"] == 1
        assert all(storages["private"].exists(path) for path in paths)
        assert retention.purge(at=now)["backoffice.card_review_packs"] == 1
        assert [storages["private"].exists(path) for path in paths] == [False] * 3 + [True] * 3
        assert CardReviewPack.objects.get() == packs[1]
        assert retention.purge(at=now)["backoffice.card_review_packs"] == 0

    def test_without_a_browser_the_command_says_so(self, sora, review, monkeypatch):
        monkeypatch.setattr(walk, "browser_path", lambda: "")
        with pytest.raises(CommandError, match="Chromium") as refusal:
            call_command("card_review_pack", "--by", "sora")
        assert (refusal.value.returncode, CardReviewPack.objects.count()) == (2, 0)
        assert "브라우저가 없어요" in enter(sora).get(ROOM).text


class TestAFrame:
    @pytest.fixture
    def frame(self):
        """The window of a payment company that changes its page just now."""
        return Mock(get_by_text=Mock(side_effect=Error("Frame was detached")), evaluate=Mock(side_effect=Error("Frame was detached")))

    def test_that_goes_while_it_is_looked_at_is_looked_at_again(self, frame):
        frame.is_detached.return_value = True
        assert (walk._pressed(frame, re.compile("신한")), walk._text_of(frame)) == (False, "")

    def test_that_stays_and_cannot_be_read_stops_the_walk(self, frame):
        frame.is_detached.return_value = False
        for look in (lambda: walk._pressed(frame, re.compile("신한")), lambda: walk._text_of(frame)):
            with pytest.raises(Error):
                look()


class TestWhatIsCompared:
    def test_contacts_of_people_are_found_however_they_are_written_and_ours_are_not(self):
        ours = frozenset({"02-555-1234", "help@boost.example"})
        text = (
            "문의 02-555-1234, help@boost.example로. 담당 010-1234-5678 · +82 10 9876 5432 · kim@shop.co.kr · 031-222-3333 · 010-****-5678"
        )
        assert walk.unmasked(text, contacts=ours) == ["+82…", "010…", "031…", "kim…"]

    def test_a_text_is_the_same_on_another_day(self):
        one = "주문 BO01KC4ZJ5Q8M7T2R9V6W3X1Y0AB 지금 결제하면 2026년 12월 6일(일) 오후 1:02까지"
        other = "주문 BO01KC4ZJ5Q8M7T2R9V6W3X1Y0CD 지금 결제하면 2027년 1월 3일(월) 오전 11:59까지"
        assert pictures.lasting(one) == pictures.lasting(other)
        assert pictures.lasting(one) != pictures.lasting(one.replace("결제하면", "주문하면"))

    def test_names_what_is_different_new_and_gone(self):
        def entry(name, reads="a", look="0" * 192):
            return {"name": name, "size": "phone", "reads": reads, "look": look}

        before = [entry("home"), entry("terms"), entry("old"), entry("prices")]
        now = [entry("home"), entry("terms", reads="b"), entry("prices", look="f" * 192), entry("use")]
        found = difference.between(before, now)
        assert found == {"text": ["terms-phone"], "look": ["prices-phone"], "new": ["use-phone"], "gone": ["old-phone"]}
        assert difference.pages_of(found) == ["terms", "prices", "use", "old"]
