"""The promise of a withdrawal (청약철회): money back within three business days, interest when late, by the rule of the request."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from common.models import DatedSetting
from inquiries.models import Inquiry
from payments import policy, services
from payments.models import Refund
from tests.payments.conftest import run_effects
from tests.signing_in import browser

SEOUL = timedelta(hours=9)
KEY = "00000000-0000-4000-8000-000000000001"


def seoul(*parts):
    return (datetime(*parts, tzinfo=UTC) - SEOUL).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (seoul(2026, 11, 25, 12), seoul(2026, 12, 1)),  # Wednesday: Thursday, Friday, Monday
        (seoul(2026, 11, 23, 0), seoul(2026, 11, 27)),
        (seoul(2026, 11, 22, 23, 59, 59), seoul(2026, 11, 26)),  # Sunday counts from Monday
        (seoul(2026, 11, 27, 18), seoul(2026, 12, 3)),
        (seoul(2026, 12, 24, 12), seoul(2026, 12, 31)),  # Christmas on a Friday, then a weekend
        (seoul(2026, 9, 23, 9), seoul(2026, 10, 1)),  # Chuseok
    ],
    ids=["wednesday", "monday", "sunday night", "friday evening", "over christmas", "over chuseok"],
)
def test_ends_with_the_third_workday_after_the_request(db, asked, due):
    assert policy.due_at(asked) == due


@pytest.mark.parametrize(
    ("late", "interest"),
    [(-timedelta(days=1), 0), (timedelta(0), 0), (timedelta(seconds=1), 45), (timedelta(days=1), 45), (timedelta(days=10), 452),
     (timedelta(days=365), 16_500)],
)  # fmt: skip
def test_interest_is_fifteen_percent_a_year_by_begun_days(at, late, interest):
    assert policy.delay_interest(amount_krw=110_000, due_at=at, ended_at=at + late, percent=15) == interest


class TestARequest:
    def test_keeps_the_rule_of_its_day_and_shows_its_last_day(self, till, at):
        refund = till.refund(till.paid(), 10_000)
        DatedSetting.objects.create(
            name="payments.refund_business_days", value=5, effective_from=at + timedelta(days=1), reason="길게 해요."
        )
        later = till.refund(till.paid(300_000, at=at + timedelta(days=1)), 10_000, at=at + timedelta(days=1, hours=1))
        assert (refund.due_at, refund.delay_interest_percent) == (seoul(2026, 12, 1), 15)
        assert later.due_at == seoul(2026, 12, 4)
        assert "11월 30일 월요일까지" in browser(till.user).get(reverse("payments:refunds")).content.decode()

    def test_done_late_it_names_what_the_house_owes(self, till, approve, operator, at):
        refund = till.refund(till.paid(), 100_000)
        late = seoul(2026, 12, 1) + timedelta(days=2, hours=1)
        services.approve_refund(refund=refund, by=operator, at=late)
        run_effects(late)
        refund.refresh_from_db()
        Refund.objects.filter(pk=refund.pk).update(done_at=late)
        refund.refresh_from_db()
        assert (refund.state, refund.delay_interest_krw) == (Refund.State.DONE, 135)

    def test_the_page_says_so_before_it_is_asked_for(self, till, at):
        order = till.paid()
        page = browser(till.user).get(reverse("payments:order-refund", args=[order.order_id])).content.decode()
        assert "청약철회" in page
        assert "영업일 3일 안에 환불하고, 늦으면 연 15%의 지연 이자" in page


class TestAnAppeal:
    def test_ref_07_a_denied_request_says_why_frees_the_credits_and_leads_to_a_question_about_it(self, till, operator, at):
        refund = till.refund(till.paid(), 10_000)
        services.deny_refund(refund=refund, by=operator, at=at + timedelta(hours=2), reason="이벤트 참여 조건을 확인해 주세요")
        assert till.balance().frozen == 0
        person = browser(till.user)
        page = person.get(reverse("payments:refunds")).content.decode()
        link = f"{reverse('inquiries:new')}?about=refund:{refund.public_id}"
        assert "이벤트 참여 조건을 확인해 주세요" in page
        assert f'href="{link}"' in page
        assert "환불 반려에 대한 이의" in person.get(link).content.decode()

        said = {
            "topic": "PAYMENT",
            "title": "환불 반려에 대한 이의",
            "text": "조건을 지켰어요.",
            "key": "00000000-0000-4000-8000-000000000001",
        }
        assert person.post(link, said).status_code == 302
        assert Inquiry.objects.get().about == f"refund:{refund.public_id}"

    @pytest.mark.parametrize("about", ["refund:1", "order:x", "refund:" + "a" * 36, "<script>"])
    def test_ref_07_anything_else_in_the_address_is_about_nothing(self, till, about):
        said = {"topic": "PAYMENT", "title": "질문", "text": "있어요.", "key": KEY}
        browser(till.user).post(f"{reverse('inquiries:new')}?about={about}", said)
        assert Inquiry.objects.get().about == ""
