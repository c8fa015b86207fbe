"""The room of tax documents: failures with their reason, and another try after a correction."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from lxml import html

from common.kst import day_of
from common.models import Effect
from payments.models import TaxDocument
from tests.backoffice.pressing import at

ROOM = at("document-list")


@pytest.fixture
def failed(minji):
    now = timezone.now()
    return TaxDocument.objects.create(
        key="order:1", number="TI1", advertiser=minji, kind="INVOICE", written_on=day_of(now), supply_krw=100_000, vat_krw=10_000,
        buyer={}, state="FAILED", failure="국세청에 폐업한 사업자로 나와요.", made_at=now,
    )  # fmt: skip


def words(page):
    return " ".join(" ".join(html.fromstring(page.content.decode()).itertext()).split())


class TestTheRoom:
    def test_adv_37_shows_why_and_issues_again_with_a_reason(self, failed, desk):
        finance = desk("finance")
        assert "국세청에 폐업한 사업자로 나와요." in words(finance.get(ROOM))

        assert finance.post(at("document-retry", failed.public_id), {"reason": "번호를 고쳤어요"}).status_code == 302

        failed.refresh_from_db()
        assert (failed.state, failed.try_no, failed.buyer["number"]) == ("WAITING", 2, "9990100013")
        assert Effect.objects.filter(kind="payments.tax_document").count() == 1
        assert "번호를 고쳤어요" in LogEntry.objects.get().change_message
        assert "민지네 커피" in words(finance.get(f"{ROOM}?tab=waiting"))

    def test_asks_for_a_reason_and_refuses_a_second_try(self, failed, desk):
        finance = desk("finance")
        finance.post(at("document-retry", failed.public_id), {"reason": ""})
        failed.refresh_from_db()
        assert failed.state == "FAILED"
        for _ in range(2):
            page = finance.post(at("document-retry", failed.public_id), {"reason": "다시"}, follow=True)
        assert "실패한 문서가 아니에요" in words(page)
        assert Effect.objects.filter(kind="payments.tax_document").count() == 1

    def test_support_looks_and_reviewers_do_not_enter(self, failed, desk):
        support = desk("support")
        assert "다시 발행하기" not in words(support.get(ROOM))
        assert support.post(at("document-retry", failed.public_id), {"reason": "다시"}).status_code == 403
        assert desk("reviewer").get(ROOM).status_code == 403
