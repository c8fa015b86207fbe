"""Terms, privacy policy and refund rules: wordings with days, announced in time, old ones readable, and what people agreed to."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction

from common.kst import day_of
from identity import consents, legal
from identity.models import Consent, LegalText
from inquiries import publishing
from inquiries.models import Notice
from tests.signing_in import browser

NEW = "## 1. 새 조항\n\n새로 정한 내용이에요."


def announce(operator, at, *, slug="terms", days=10, **changes):
    with transaction.atomic():
        return legal.publish(
            slug=slug, effective_on=day_of(at) + timedelta(days=days), text=NEW, by=operator, at=at,
            **{"change": "1조를 새로 썼어요.", "is_adverse": False, **changes},
        )  # fmt: skip


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestAWording:
    def test_holds_from_its_day_and_the_old_one_can_still_be_read(self, client, operator, at):
        announced = announce(operator, at)
        with time_machine.travel(at + timedelta(days=9), tick=False):
            before = text_of(client.get("/terms/terms/"))
            assert "시행일 2026년 11월 25일" in before
            assert "2026년 12월 5일부터 바뀌는 문서 를 공고했어요. 1조를 새로 썼어요." in before
            assert "아직 시행하지 않은 문서예요" in text_of(client.get(f"/terms/terms/{announced.effective_on}/"))
        with time_machine.travel(at + timedelta(days=10), tick=False):
            now = client.get("/terms/terms/")
            assert "시행일 2026년 12월 5일" in text_of(now)
            assert "<h2>1. 새 조항</h2>" in now.content.decode()
            old = client.get("/terms/terms/2026-11-25/")
            assert "예전 문서예요" in text_of(old)
            assert "1크레딧은 공급가액 1원이에요" in text_of(old)
            assert "noindex" in old.content.decode()

    def test_of_another_day_or_name_does_not_exist(self, client, db):
        for path in ("/terms/secrets/", "/terms/terms/2020-01-01/", "/terms/terms/latest/"):
            assert client.get(path).status_code == 404

    @pytest.mark.parametrize("slug, title", [("terms", "이용약관"), ("privacy", "개인정보처리방침"), ("refund", "환불 정책")])
    def test_the_first_carries_its_title_and_day(self, client, db, slug, title):
        assert f"{title} 시행일 2026년 11월 25일" in text_of(client.get(f"/terms/{slug}/"))

    def test_says_how_long_what_and_how_a_refund_works(self, client, db):
        shown = text_of(client.get("/terms/refund/"))
        for fact in ("168시간", "쓰지 않은 충전 크레딧을 환불해요", "부가세를 함께", "결제한 카드로 결제를 취소", "회수해요"):
            assert fact in shown


class TestAnnouncing:
    @pytest.mark.parametrize("days, is_adverse", [(6, False), (29, True)])
    def test_too_late_is_refused_and_nothing_is_written(self, operator, at, days, is_adverse):
        with pytest.raises(legal.TextRefused):
            announce(operator, at, days=days, is_adverse=is_adverse)
        assert not LegalText.objects.exists()

    def test_in_time_by_a_day_is_enough(self, operator, at):
        assert announce(operator, at, days=7).effective_on == date(2026, 12, 2)
        assert announce(operator, at, days=30, is_adverse=True).effective_on == date(2026, 12, 25)

    def test_before_what_is_announced_already_is_refused(self, operator, at):
        announce(operator, at, days=20)
        with pytest.raises(legal.TextRefused):
            announce(operator, at, days=20)
        with pytest.raises(legal.TextRefused):
            announce(operator, at, days=8)
        assert announce(operator, at, slug="privacy", days=8)

    def test_writes_a_notice_for_everybody_in_the_same_moment(self, operator, at, client):
        with transaction.atomic():
            publishing.announce_text(
                slug="terms", effective_on=date(2026, 12, 5), text=NEW, change="1조를 새로 썼어요.", is_adverse=False, by=operator, at=at
            )
        notice = Notice.objects.get()
        assert notice.title == "2026년 12월 5일부터 이용약관이 바뀌어요"
        with time_machine.travel(at, tick=False):
            shown = client.get(f"/notices/{notice.public_id}/").content.decode()
        assert "1조를 새로 썼어요." in shown
        assert 'href="/terms/terms/2026-12-05/"' in shown

    def test_can_never_be_changed_or_taken_away(self, operator, at):
        row = announce(operator, at)
        with pytest.raises(DatabaseError), transaction.atomic():
            LegalText.objects.filter(pk=row.pk).update(text="다른 말")
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


class TestConsents:
    def test_name_the_wording_that_held_when_they_were_given(self, minji_user, jisoo, operator, at):
        announce(operator, at)
        with transaction.atomic():
            consents.write(user=minji_user, given=["TERMS", "PRIVACY"], at=at)
            consents.write(user=jisoo, given=["TERMS", "PRIVACY"], at=at + timedelta(days=10))
        given = dict(Consent.objects.filter(kind="TERMS").values_list("user__username", "version"))
        assert given == {"minji": "2026-11-25", "jisoo": "2026-12-05"}
        assert set(Consent.objects.filter(kind="PRIVACY").values_list("version", flat=True)) == {"2026-11-25"}

    def test_stay_linked_to_what_was_agreed_to(self, minji_user, operator, at):
        with transaction.atomic():
            consents.write(user=minji_user, given=["TERMS", "PRIVACY"], at=at)
        announce(operator, at)
        with time_machine.travel(at + timedelta(days=10), tick=True):
            shown = browser(minji_user).get("/accounts/consents/").content.decode()
        assert 'href="/terms/terms/2026-11-25/"' in shown
        assert "지금 문서는 2026-12-05" in text_of(type("Page", (), {"content": shown.encode()}))
