"""The gifticon rooms: the catalogue is imported by one who saw the differences, margins and the deposit are in sight."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from backoffice import rights
from rewards.models import Gifticon, GifticonDeposit, GifticonImport, GifticonPriceRule
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, said
from tests.rewards.gifticon_world import COFFEE, gifticon, identity_sandbox, known_member, press, supplier, work

__all__ = ["identity_sandbox", "supplier"]


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


@pytest.fixture
def cashier(db):
    return enter(hire("jaehee", rights.FINANCE))


@pytest.fixture
def run(supplier, editor):
    editor.post(at("gifticon-import-start"))
    work(timezone.now())
    return GifticonImport.objects.get()


class TestAnImport:
    def test_s_99_is_shown_first_and_applied_by_a_press(self, run, editor):
        assert "딸기 생크림 케이크" in editor.get(at("gifticon-import", run.public_id) + "?tab=new").text
        assert Gifticon.objects.count() == 0
        assert "목록을 반영했어요." in said(editor.post(at("gifticon-import-apply", run.public_id), follow=True))
        assert Gifticon.objects.count() == 60
        assert [row.change_message for row in LogEntry.objects.order_by("pk")] == ["기프티콘 목록 가져오기", "기프티콘 목록 반영"]

    def test_is_applied_once(self, run, editor):
        for words in ("목록을 반영했어요.", "이미 반영했거나 버린 목록이에요."):
            assert words in said(editor.post(at("gifticon-import-apply", run.public_id), follow=True))

    def test_can_be_dropped(self, run, editor):
        assert "읽은 목록을 버렸어요." in said(editor.post(at("gifticon-import-drop", run.public_id), follow=True))
        assert Gifticon.objects.count() == 0

    def test_ops_16_shows_a_price_that_jumped_before_it_counts(self, run, supplier, editor):
        editor.post(at("gifticon-import-apply", run.public_id))
        supplier.good(salePrice=5_850, discountPrice=5_499)
        editor.post(at("gifticon-import-start"))
        work(timezone.now())
        second = GifticonImport.objects.latest("pk")
        text = editor.get(at("gifticon-import", second.public_id)).text
        assert ("판매가" in text, "4,500 → <b>5,850</b>" in text, Gifticon.objects.get(code=COFFEE).face_krw) == (True, True, 4_500)
        editor.post(at("gifticon-import-apply", second.public_id), {"with_jumps": "on"})
        assert Gifticon.objects.get(code=COFFEE).face_krw == 5_850


class TestMargins:
    @pytest.fixture
    def coffee(self, db):
        return gifticon(timezone.now())

    def test_s_100_stand_beside_each_good(self, coffee, cashier):
        text = cashier.get(at("gifticon-goods")).text
        assert all(words in text for words in ("4,500원", "4,230원", "270원", "450장"))

    def test_s_100_stand_beside_each_order(self, supplier, coffee, cashier, suji):
        now = timezone.now()
        press(known_member(suji, now), coffee, at=now)
        text = cashier.get(at("rewards_gifticonorder_changelist")).text
        assert ("270원" in text, "450" in text) == (True, True)

    def test_follow_a_rule_from_its_moment_on(self, coffee, editor):
        wish = {"thing": COFFEE, "markup_percent": "10", "effective_from": f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}"}
        assert "가격 규칙을 정했어요." in said(editor.post(at("gifticon-markup"), {**wish, "reason": "가을 행사"}, follow=True))
        assert (GifticonPriceRule.objects.get().markup_percent, "가을 행사" in editor.get(at("gifticon-goods")).text) == (10, True)

    @pytest.mark.parametrize(
        ("field", "value", "words"), [("markup_percent", "101", "100"), ("markup_percent", "많이", "숫자"), ("reason", "", "필요")]
    )
    def test_say_at_the_field_what_is_wrong(self, coffee, editor, field, value, words):
        wish = {"thing": COFFEE, "markup_percent": "1", "effective_from": "2099-01-01T00:00", "reason": "행사", field: value}
        answer = editor.post(at("gifticon-markup"), wish)
        assert (answer.status_code, words in answer.text, GifticonPriceRule.objects.count()) == (422, True, 0)

    def test_of_few_or_hidden_goods_are_changed_by_a_press(self, coffee, editor):
        editor.post(at("gifticon-offer", coffee.public_id), {"stock": "7"})
        coffee.refresh_from_db()
        assert (coffee.stock, coffee.is_shown) == (7, False)
        editor.post(at("gifticon-offer", coffee.public_id), {"stock": "", "was": "7", "is_shown": "on"})
        coffee.refresh_from_db()
        assert (coffee.stock, coffee.is_shown) == (None, True)
        editor.post(at("gifticon-offer", coffee.public_id), {"stock": "-1", "is_shown": "on"})
        coffee.refresh_from_db()
        assert coffee.stock is None

    def test_that_members_exchanged_meanwhile_are_not_given_away_twice(self, coffee, editor):
        Gifticon.objects.filter(pk=coffee.pk).update(stock=97)  # the page showed 100, and three were exchanged since
        page = at("gifticon-offer", coffee.public_id)
        answer = said(editor.post(page, {"stock": "50", "was": "100", "is_shown": "on"}, follow=True))
        coffee.refresh_from_db()
        assert ("화면을 연 뒤에 남은 수량이 바뀌었어요(지금 97개)." in answer, coffee.stock, coffee.is_shown) == (True, 97, True)
        assert 'name="was" value="97"' in editor.get(at("gifticon-goods")).text
        editor.post(page, {"stock": "100", "was": "100"})  # only the mark was taken away
        coffee.refresh_from_db()
        assert (coffee.stock, coffee.is_shown) == (97, False)
        editor.post(page, {"stock": "50", "was": "97", "is_shown": "on"})
        coffee.refresh_from_db()
        assert (coffee.stock, coffee.is_shown) == (50, True)


class TestTheDeposit:
    def test_is_written_down_by_finance_alone(self, cashier, editor):
        wish = {"amount_krw": "5,000,000", "reason": "11월 예치"}
        assert editor.post(at("gifticon-deposit"), wish).status_code == 403
        assert "예치금을 적었어요." in said(cashier.post(at("gifticon-deposit"), wish, follow=True))
        row = GifticonDeposit.objects.get()
        assert (row.amount_krw, row.by.username, "5,000,000원" in cashier.get(at("gifticons")).text) == (5_000_000, "jaehee", True)

    def test_says_what_is_wrong(self, cashier):
        answer = cashier.post(at("gifticon-deposit"), {"amount_krw": "많이", "reason": "11월"})
        assert (answer.status_code, "숫자" in answer.text) == (422, True)
