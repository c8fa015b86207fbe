"""What people agreed to: seeing it, giving it, taking it back, and being asked again after two years."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from identity import consents, tasks
from identity.consents import Kind, MarketingFirst
from identity.models import Consent, LegalText, Notification
from tests.connecting import connect_patiently
from tests.factories import UserFactory
from tests.signing_in import browser

PAGE = "/accounts/consents/"
TWO_YEARS = timedelta(days=730)


@pytest.fixture
def signed_up(minji_user, at):
    """She agreed to what is needed and to nothing else, last summer."""
    with transaction.atomic():
        consents.write(user=minji_user, given=[Kind.TERMS, Kind.PRIVACY], at=at - timedelta(days=150))
    return minji_user


def change(user, kind, given, at):
    with transaction.atomic():
        consents.change(user=user, kind=kind, given=given, at=at)


def answers(user):
    return [(row.kind, row.given) for row in Consent.objects.filter(user=user).order_by("pk")][4:]


class TestThePage:
    def test_shows_every_text_with_its_version_and_the_day_of_the_answer(self, signed_up):
        page = browser(signed_up).get(PAGE).content.decode()
        assert page.count("2026년 6월 28일 일요일") == 4
        assert page.count("문서 2026-11-25") == 4
        assert page.count("전문 보기") == 2

    def test_gives_marketing_then_night_consent_and_takes_both_back(self, signed_up):
        client = browser(signed_up)
        assert client.post(PAGE, {"kind": "MARKETING", "given": "yes"})["Location"] == PAGE
        assert client.post(PAGE, {"kind": "NIGHT", "given": "yes"})["Location"] == PAGE
        assert client.post(PAGE, {"kind": "MARKETING", "given": "no"})["Location"] == PAGE
        assert answers(signed_up) == [("MARKETING", True), ("NIGHT", True), ("MARKETING", False), ("NIGHT", False)]
        titles = Notification.objects.filter(user=signed_up).order_by("pk").values_list("title", flat=True)
        assert list(titles) == [
            "혜택과 소식 받기에 동의했어요",
            "밤에도 혜택과 소식 받기에 동의했어요",
            "혜택과 소식 받기에 동의를 거뒀어요",
        ]

    def test_offers_night_consent_only_beside_marketing(self, signed_up):
        client = browser(signed_up)
        assert "먼저 위의 소식 받기에 동의하면 고를 수 있어요." in client.get(PAGE).content.decode()
        response = client.post(PAGE, {"kind": "NIGHT", "given": "yes"})
        assert response.status_code == 422
        assert str(MarketingFirst()) in response.content.decode()
        assert answers(signed_up) == []

    @pytest.mark.parametrize("sent", [{"kind": "TERMS", "given": "no"}, {"kind": "X", "given": "yes"}, {"kind": "MARKETING"}, {}])
    def test_takes_nothing_else(self, signed_up, sent):
        assert browser(signed_up).post(PAGE, sent).status_code == 404
        assert answers(signed_up) == []

    def test_says_which_wording_is_older(self, signed_up, operator, at):
        LegalText.objects.create(
            slug="terms", effective_on="2026-11-26", text="새 약관", change="새로 썼어요.", published_at=at, published_by=operator
        )
        with time_machine.travel("2026-11-27", tick=True):
            shown = browser(signed_up).get(PAGE).content.decode()
        assert re.search(r"문서 2026-11-25 · <a [^>]+>지금 문서는 2026-11-26", shown)

    def test_draws_for_somebody_who_never_answered(self, eve_user):
        assert browser(eve_user).get(PAGE).content.decode().count("아직 답하지 않았어요") == 2


class TestTheNotice:
    def test_names_who_sends_what_was_done_when_and_how_to_change_it(self, signed_up, at, outside):
        change(signed_up, Kind.MARKETING, True, at)
        outside.works()
        mail = outside.messages(channel="MAIL", to="minji@example.com")[0]
        assert mail["subject"] == "[부스트] 혜택과 소식 받기에 동의했어요"
        assert "2026년 11월 25일에 부스트의 혜택과 소식 받기에 동의했어요" in mail["body"]
        assert "동의 관리에서 언제든 바꿀 수 있어요" in mail["body"]
        assert PAGE in mail["body"]

    def test_comes_once_for_an_answer_however_often_it_is_pressed(self, signed_up, at):
        for minute in range(3):
            change(signed_up, Kind.MARKETING, True, at + timedelta(minutes=minute))
        assert answers(signed_up) == [("MARKETING", True)]
        assert Notification.objects.filter(user=signed_up).count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_two_tabs_at_once_write_one_answer(self, transactional_db, at):
        user = UserFactory(username="ann", email="ann@example.com")

        def press():
            connect_patiently()
            change(user, Kind.MARKETING, True, at)
            connection.close()

        threads = [threading.Thread(target=press) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Consent.objects.filter(user=user).count() == 1


def recheck(at, **options):
    with transaction.atomic():
        return consents.recheck(at=at, **options)


class TestTwoYearsLater:
    def test_who_agreed_is_told_that_it_stands_and_how_to_take_it_back_once(self, signed_up, at):
        change(signed_up, Kind.MARKETING, True, at)
        Notification.objects.all().delete()
        assert recheck(at + TWO_YEARS - timedelta(seconds=1)) == 0
        assert recheck(at + TWO_YEARS) == 1
        assert recheck(at + TWO_YEARS + timedelta(days=1)) == 0
        notice = Notification.objects.get(user=signed_up)
        assert "2026년 11월 25일에 부스트의 혜택과 소식 받기에 동의하셨어요" in notice.body
        assert notice.url == PAGE
        assert consents.holds(signed_up, Kind.MARKETING)
        assert Consent.objects.filter(user=signed_up, is_recheck=True).count() == 1

    def test_and_again_after_two_more(self, signed_up, at):
        change(signed_up, Kind.MARKETING, True, at)
        assert [recheck(at + TWO_YEARS * number) for number in (1, 2, 3)] == [1, 1, 1]

    def test_nobody_is_told_who_took_it_back_left_or_never_agreed(self, signed_up, eve_user, at):
        change(signed_up, Kind.MARKETING, True, at)
        change(signed_up, Kind.MARKETING, False, at + timedelta(days=1))
        change(eve_user, Kind.MARKETING, True, at)
        eve_user.is_active = False
        eve_user.save()
        assert recheck(at + TWO_YEARS * 2) == 0

    def test_those_whose_answers_changed_often_keep_nobody_waiting(self, minji_user, eve_user, at):
        for day in range(6):  # five rows that count no more, all older than eve's one
            change(minji_user, Kind.MARKETING, day % 2 == 0, at + timedelta(days=day))
        change(eve_user, Kind.MARKETING, True, at + timedelta(days=30))
        assert recheck(at + TWO_YEARS * 2, limit=1) == 1
        assert Consent.objects.get(is_recheck=True).user == eve_user

    def test_the_task_does_it(self, signed_up, at, monkeypatch):
        change(signed_up, Kind.MARKETING, True, at)
        monkeypatch.setattr(tasks.timezone, "now", lambda: at + TWO_YEARS)
        tasks.recheck_consents()
        assert Consent.objects.filter(is_recheck=True).count() == 1
