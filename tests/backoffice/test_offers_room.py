"""Bonus rules and coupons in the back office: rows with dates, made once, ended or given more budget, each time with a reason."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from backoffice import rights
from payments.models import Offer
from tests.backoffice.conftest import hire
from tests.backoffice.pressing import at, press

FORM = {
    "name": "가을 보너스", "code": "", "from_credits": "500000", "percent": "10", "fixed_credits": "", "budget_credits": "1000000",
    "lifetime_days": "", "campaign_types": ["VISIT"], "starts_at": "2026-11-01T00:00", "ends_at": "2026-12-01T00:00", "reason": "가을 행사",
}  # fmt: skip


@pytest.fixture
def offer(db):
    now = timezone.now()
    return Offer.objects.create(
        name="쿠폰", code="SPRING", from_credits=0, fixed_credits=1_000, budget_credits=5_000, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=30), created_by=hire("maker", rights.ADMIN),
    )  # fmt: skip


class TestAnOffer:
    def test_is_made_with_korean_dates_and_a_reason(self, desk):
        desk(rights.FINANCE).post(at("payments_offer_add"), FORM)
        made = Offer.objects.get()
        assert (made.name, made.code, made.percent, made.campaign_types) == ("가을 보너스", "", 10, ["VISIT"])
        assert timezone.localtime(made.starts_at).isoformat() == "2026-11-01T00:00:00+09:00"
        assert LogEntry.objects.get().change_message == "가을 행사"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"fixed_credits": "1000"}, "percent"),
            ({"percent": ""}, "percent"),
            ({"percent": "0"}, "percent"),
            ({"percent": "101"}, "percent"),
            ({"ends_at": "2026-11-01T00:00"}, "ends_at"),
            ({"budget_credits": "0"}, "budget_credits"),
            ({"code": "spring"}, "code"),
            ({"campaign_types": ["LOTTERY"]}, "campaign_types"),
            ({"reason": ""}, "reason"),
            ({"name": ""}, "name"),
        ],
    )
    def test_is_refused_at_the_right_field(self, desk, offer, change, field):
        answer = desk(rights.FINANCE).post(at("payments_offer_add"), FORM | change)
        assert field in answer.context["adminform"].form.errors
        assert Offer.objects.count() == 1

    def test_is_shown_and_never_changed(self, desk, offer):
        client = desk(rights.ADMIN)
        assert "SPRING" in client.get(at("payments_offer_change", offer.pk)).text
        assert client.post(at("payments_offer_change", offer.pk), FORM | {"budget_credits": "1"}).status_code == 403
        offer.refresh_from_db()
        assert offer.budget_credits == 5_000

    def test_ends_now_with_a_reason_once(self, desk, offer):
        client = desk(rights.FINANCE)
        press(client, at("payments_offer_end_offer", offer.pk), reason="")
        assert Offer.objects.running(timezone.now()).exists()
        press(client, at("payments_offer_end_offer", offer.pk), reason="행사를 마쳐요")
        press(client, at("payments_offer_end_offer", offer.pk), reason="다시 눌렀어요")
        assert not Offer.objects.running(timezone.now()).exists()
        assert [entry.change_message for entry in LogEntry.objects.all()] == ["지금 끝냈어요 · 행사를 마쳐요"]

    def test_gets_more_budget_and_never_less(self, desk, offer):
        client = desk(rights.FINANCE)
        press(client, at("payments_offer_raise_budget", offer.pk), credits="-1", reason="줄여요", key="dialog-0")
        for _ in range(2):  # a double press of one dialog
            press(client, at("payments_offer_raise_budget", offer.pk), credits="2500", reason="반응이 좋아요", key="dialog-1")
        offer.refresh_from_db()
        assert offer.budget_credits == 7_500
        assert LogEntry.objects.get().change_message == "예산을 2,500크레딧 늘렸어요 · 반응이 좋아요"

    def test_is_not_for_support_to_make_or_end(self, desk, offer):
        client = desk(rights.SUPPORT)
        assert client.post(at("payments_offer_add"), FORM).status_code == 403
        assert press(client, at("payments_offer_end_offer", offer.pk), reason="눌러 봤어요").status_code == 403
        assert Offer.objects.running(timezone.now()).count() == 1
