"""What operators live through: scenes that services are tested for elsewhere, seen and done in their room here with the right role."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from backoffice import rights
from campaigns import services as campaigns
from common import dated
from common.kst import day_from, day_of
from credits import services as credits
from credits.models import Posting
from identity.models import Notification
from payments.causes import cause_of
from payments.models import PaymentOrder, ReconciliationItem, TaxDocument
from payments.services import documents
from rewards import raffles
from rewards.models import Gifticon, GifticonImport, GifticonOrder, Raffle, RaffleWinner
from rewards.raffles import claiming, drand, drawing
from tests import factories
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at, said
from tests.campaigns.conftest import spec_of
from tests.rewards.gifticon_world import fresh, gifticon, identity_sandbox, known_member, supplier, work
from tests.rewards.gifticon_world import press as exchange
from tests.rewards.raffle_world import give, opened, press

__all__ = ["identity_sandbox", "supplier"]
A_MOMENT = timedelta(minutes=1)


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


@pytest.fixture
def keeper(db):
    return enter(hire("jaehee", rights.FINANCE))


class TestASponsoredRaffle:
    def test_ops_05_is_not_approved_at_the_desk_while_its_prizes_are_not_paid_for(self, desk, minji, minji_user, operator):
        now = timezone.now()
        spec = spec_of(now, type="RAFFLE", starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=11))
        waiting = campaigns.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=now, key="raffle")
        raffles.void(raffle=Raffle.objects.get(), reason="경품을 구할 수 없어요.", at=now, by=operator)
        answer = desk(rights.REVIEWER).post(at("review-approve", waiting.public_id), {"version": "1"}, follow=True)
        waiting.refresh_from_db()
        assert waiting.state == "SUBMITTED"
        assert "경품" in said(answer)


class TestAnImport:
    def test_ops_17_that_died_halfway_goes_on_at_the_next_press_without_doubles(self, supplier, editor):
        supplier.fault("/goods", "drop", count=1)
        editor.post(at("gifticon-import-start"))
        now = timezone.now()
        work(now)
        assert "읽는 중" in editor.get(at("gifticons")).text
        editor.post(at("gifticon-import-start"))
        for _ in range(8):
            work(now + A_MOMENT)
        run = GifticonImport.objects.get()
        assert (run.state, run.lines.count(), run.lines.values("code").distinct().count()) == ("READY", 60, 60)
        assert "확인 대기" in editor.get(at("gifticons") + "?runs=waiting").text
        editor.post(at("gifticon-import-apply", run.public_id))
        assert Gifticon.objects.count() == 60


class TestTheDeposit:
    def test_ops_18_that_ran_out_is_told_to_the_desk_and_the_order_goes_out_once_it_is_filled(self, supplier, keeper, suji):
        now = timezone.now()
        supplier.money(-5_000_000)
        order = exchange(known_member(suji, now), gifticon(now), at=now)
        work(now)
        orders = at("rewards_gifticonorder_changelist")
        assert "발급 대기" in keeper.get(orders).text
        notice = Notification.objects.get(kind="rewards.gifticon_trouble")
        assert notice.title in keeper.get(INDEX).text
        supplier.money(10_000)
        assert "예치금을 적었어요." in said(
            keeper.post(at("gifticon-deposit"), {"amount_krw": "10,000", "reason": "급히 채움"}, follow=True)
        )
        work(now + 10 * A_MOMENT)
        assert fresh(order).state == GifticonOrder.State.DELIVERED
        assert "사용 가능" in keeper.get(orders).text


class TestAWinner:
    def test_ops_25_who_does_not_answer_is_followed_by_the_next_and_the_room_says_so(self, editor, operator, finance):
        now = timezone.now()
        raffle = opened(now, by=operator, funder=finance, reserves=1)
        for member in (factories.MemberFactory(nickname="하나"), factories.MemberFactory(nickname="두리")):
            give(member, 1, now)
            press(member, raffle, at=now)
        closed = raffles.close(raffle=raffle, at=raffle.closes_at)
        with transaction.atomic():
            drawing.record_draw(raffle_id=raffle.pk, value=drand.PublicValue(closed.public_round, "00" * 48, "ab" * 32), at=raffle.draws_at)
        room = at("raffle-detail", raffle.public_id)
        assert "예비 당첨자가 당첨됐어요" not in editor.get(room).text
        first = RaffleWinner.objects.get(place=1)
        assert claiming.lapse(at=first.answer_by) == 1
        text = editor.get(room).text
        assert ("당첨자가 기한 안에 답하지 않았어요" in text, "예비 당첨자가 당첨됐어요" in text) == (True, True)
        assert RaffleWinner.objects.get(place=2).state == "WON"


class TestASettlementFile:
    def test_ops_28_one_row_missing_one_extra_one_fee_different_are_three_items_with_three_causes(self, keeper, cashier, minji, minji_user):
        _, missing, dearer = (cashier.top_up(minji, minji_user, 100_000) for _ in range(3))
        for order_id, how, by in ((missing.order_id, "drop", 0), (dearer.order_id, "fee", 100), ("BO01EXTRA", "invent", 110_000)):
            cashier.sandbox.control("POST", "/settlements/spoil", {"payment_id": order_id, "how": how, "by": by})
        today = day_of(timezone.now())
        told = cashier.sandbox.control("GET", "/settlements", first=str(today), last=str(today))
        file = SimpleUploadedFile("거래대사.csv", told["file"].encode(), content_type="text/csv")

        answer = keeper.post(
            at("settlement-upload"), {"gateway": "portone", "first_on": today, "last_on": today, "file": file}, follow=True
        )

        assert "다른 곳은 3건이에요" in said(answer)
        found = {item.ref: item for item in ReconciliationItem.objects.all()}
        assert {ref: item.kind for ref, item in found.items()} == {
            missing.order_id: "UNSETTLED", dearer.order_id: "SETTLED_FEE", "BO01EXTRA": "SETTLED_UNKNOWN",
        }  # fmt: skip
        causes = {cause_of(item) for item in found.values()}
        assert len(causes) == 3
        for item in found.values():
            assert str(cause_of(item)) in keeper.get(at("payments_reconciliationitem_change", item.pk)).text


class TestAMonthsEnd:
    def test_ops_29_the_room_shows_an_invoice_over_what_was_captured_of_paid_credit(self, keeper, cashier, minji, minji_user):
        now = timezone.now()
        with transaction.atomic():
            dated.change(name="payments.tax_document_basis", value="spend", effective_from=now, reason="시험", by_id=None, at=now)
        order = cashier.top_up(minji, minji_user, 100_000)
        PaymentOrder.objects.filter(pk=order.pk).update(method="VIRTUAL_ACCOUNT")
        with transaction.atomic():
            hold = credits.place_hold(
                advertiser=minji, credits=35_000, subject="spending:1", subject_label="가을 캠페인", key="hold", at=now
            )
            credits.capture(hold=hold, credits=30_000, reward_cost=1_000, key="capture", at=now)
        credits.close_finished_days(at=month_after(now))
        documents.plan(at=month_after(now))
        lines = Posting.objects.filter(account__kind__in=["REVENUE", "REWARD_COST"], lot__kind="PAID", lot__order_id=order.order_id)
        captured = lines.aggregate(sum=Sum("amount"))["sum"]
        assert TaxDocument.objects.get().supply_krw == captured > 0
        assert f"{captured:,}" in keeper.get(at("document-list") + "?tab=waiting").text


def month_after(moment):
    """Half an hour into the next month in Seoul."""
    first = (day_of(moment).replace(day=1) + timedelta(days=32)).replace(day=1)
    return day_from(first) + timedelta(minutes=30)
