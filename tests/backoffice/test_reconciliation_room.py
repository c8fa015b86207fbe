"""The room in which our books lie beside those of the payment companies."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from lxml import html

from common.kst import day_of
from payments.models import ReconciliationItem, ReconciliationRun, SettlementFile
from payments.settlements import COLUMNS
from tests.backoffice.pressing import at

ROOM = at("reconciliation")


def words(page):
    return " ".join(" ".join(html.fromstring(page.content.decode()).itertext()).split())


def file_of(*rows, name="거래대사.csv"):
    return SimpleUploadedFile(name, "\r\n".join([",".join(COLUMNS), *rows]).encode(), content_type="text/csv")


@pytest.fixture
def room(desk):
    """Finance at her desk."""
    return desk("finance")


@pytest.fixture
def today():
    return day_of(timezone.now())


class TestTheRoom:
    def test_compares_on_demand_and_shows_scores_and_suggested_causes(self, room, cashier, minji, minji_user):
        order = cashier.top_up(minji, minji_user, 100_000)
        cashier.sandbox.control("POST", f"/payments/{order.order_id}/console-cancel", {"amount": 11_000})

        assert room.post(at("reconciliation-run")).status_code == 302
        cashier.work()

        run = ReconciliationRun.objects.get(gateway="portone")
        assert (run.seen, run.explained, run.opened) == (1, 0, 1)
        told = words(room.get(ROOM))
        assert "거래 1건 중 0건이 맞아요" in told
        assert "누군가 결제사 콘솔에서 직접 취소했어요" in told
        item = ReconciliationItem.objects.get()
        assert "누군가 결제사 콘솔에서" in words(room.get(at("payments_reconciliationitem_change", item.pk)))

    def test_takes_a_settlement_file(self, room, cashier, minji, minji_user, today):
        order = cashier.top_up(minji, minji_user, 100_000)
        row = f"{order.order_id},tx-1,결제,카드,{today},110000,3520,352,106128,{today}"
        sent = {"gateway": "portone", "first_on": today, "last_on": today, "file": file_of(row)}

        page = room.post(at("settlement-upload"), sent, follow=True)

        assert "정산 1줄을 읽었어요. 다른 곳은 0건이에요." in words(page)
        file = SettlementFile.objects.get()
        assert (file.name, file.lines, file.payout_krw, file.taken_by.username) == ("거래대사.csv", 1, 106_128, "finance")

    def test_says_at_the_field_what_is_wrong(self, room, today):
        sent = {"gateway": "portone", "first_on": today, "last_on": today - timedelta(days=1), "file": file_of()}
        page = room.post(at("settlement-upload"), sent)
        assert page.status_code == 422
        assert "끝날이 첫날보다 앞이에요." in words(page)
        assert room.post(at("settlement-upload"), {}).status_code == 422
        page = room.post(at("settlement-upload"), {"gateway": "portone", "first_on": today, "last_on": "9999-12-31", "file": file_of()})
        assert "2100년까지의 날을 적어 주세요." in words(page)

    def test_a_cell_without_an_end_is_told(self, room, today):
        endless = SimpleUploadedFile("x.csv", ('"' + "x" * 200_000).encode(), content_type="text/csv")
        sent = {"gateway": "portone", "first_on": today, "last_on": today, "file": endless}
        assert "따옴표가 닫히지 않았거나" in words(room.post(at("settlement-upload"), sent, follow=True))

    def test_a_file_that_cannot_be_read_changes_nothing(self, room, today):
        broken = SimpleUploadedFile("x.csv", b"\xff\xfe", content_type="text/csv")
        sent = {"gateway": "portone", "first_on": today, "last_on": today, "file": broken}
        assert "글자를 읽을 수 없어요" in words(room.post(at("settlement-upload"), sent, follow=True))
        assert not SettlementFile.objects.exists()

    def test_reviewers_do_not_enter_and_support_only_looks(self, desk):
        assert desk("reviewer").get(ROOM).status_code == 403
        support = desk("support")
        assert "지금 대사하기" not in words(support.get(ROOM))
        assert support.post(at("reconciliation-run")).status_code == 403
        assert support.post(at("settlement-upload")).status_code == 403
