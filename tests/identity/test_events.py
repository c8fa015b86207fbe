"""Events: declared once, told as people chose, in the words of today, at hours that are right."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from advertisers import notifications as advertisers
from common import effects, handlers
from common.kst import SEOUL
from common.models import Effect
from identity import consents, notifications, preferences, wording
from identity.events import IN_APP, MAIL, SMS, Topic, define, defined
from identity.models import Channel, Consent, MessageTemplate, Notification
from payments.events import OFFER_BEGAN, PAID
from tests.identity.conftest import identity_sandbox, outside  # noqa: F401  (fixtures)
from tests.pages import document, press
from tests.signing_in import browser

handlers.load()
FACTS = {"credits": 300_000, "amount": 330_000, "vat": 30_000, "late": "", "bonus": ""}
OFFER = {"offer": "연말 10%", "until": datetime(2026, 12, 31, 14, 59, tzinfo=UTC), "from_credits": 100_000}
NIGHT = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)  # half past ten in Seoul
MORNING = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)  # eight o'clock of the 26th
PHONE = "+821012345678"


@pytest.fixture
def person(minji_user):
    minji_user.phone = PHONE
    minji_user.save()
    return minji_user


def tell(event, user, at, facts, key="one", url=""):
    with transaction.atomic():
        return notifications.tell(event, user=user, facts=facts, url=url, key=key, at=at)


def choose(user, at, *, shown, wanted, hours=None):
    preferences.choose(user=user, shown=shown, wanted=wanted, hours=hours, at=at)


def agree(user, at, *kinds):
    with transaction.atomic():
        for kind in kinds:
            consents.change(user=user, kind=kind, given=True, at=at)
    Effect.objects.all().delete()
    Notification.objects.all().delete()


def due():
    return {row.kind: row.due_at for row in Effect.objects.all()}


class TestDeclaring:
    def test_twice_in_other_words_is_a_bug(self):
        with pytest.raises(RuntimeError, match="declared twice"):
            define("payments.paid", topic=Topic.MONEY, label="다른 것", title="제목", body="내용")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"body": "{nobody}"},
            {"compulsory": (MAIL,)},
            {"why": "이유만 있어요."},
            {"compulsory": (MAIL,), "why": "이유예요.", "is_advertising": True},
        ],
    )
    def test_what_contradicts_itself_is_a_bug(self, wrong):
        with pytest.raises(RuntimeError):
            define("test.wrong", **{"topic": Topic.MONEY, "label": "시험", "title": "제목", "body": "내용", **wrong})
        assert "test.wrong" not in defined()

    def test_every_event_reads_well_with_its_examples(self):
        for event in defined().values():
            title, body = wording.preview(event, title=event.title, body=event.body)
            assert title
            assert body
            assert not {"{", "}"} & set(title + body), event.kind


class TestTelling:
    def test_fills_in_figures_as_people_read_them(self, minji_user, at):
        notice = tell(PAID, minji_user, at, FACTS)
        assert notice.title == "300,000크레딧을 충전했어요"
        assert notice.body == "330,000원(부가세 30,000원 포함)을 결제했어요. 영수증은 주문 화면에서 볼 수 있어요."

    def test_a_fact_that_looks_like_a_place_stays_what_it_is(self, minji_user, at):
        assert tell(PAID, minji_user, at, {**FACTS, "bonus": " {vat}"}).body.count("{vat}") == 1

    @pytest.mark.parametrize("facts", [{}, {**FACTS, "more": 1}])
    def test_wants_exactly_its_facts(self, minji_user, at, facts):
        with pytest.raises(ValueError, match="wants the facts"):
            tell(PAID, minji_user, at, facts)

    def test_the_same_cause_twice_is_one_notice_and_one_mail(self, minji_user, at):
        tell(PAID, minji_user, at, FACTS)
        tell(PAID, minji_user, at + timedelta(hours=1), FACTS)
        assert (Notification.objects.count(), Effect.objects.count()) == (1, 1)

    def test_reads_as_often_for_a_large_team_as_for_one_person(self, minji_user, jisoo, eve_user, at, django_assert_num_queries):
        people = [minji_user, jisoo, eve_user]
        with transaction.atomic():
            notifications.tell_all(PAID, users=people, facts=FACTS, key="k", at=at)
        with transaction.atomic(), django_assert_num_queries(3 + len(people)):  # and one look per notice that is there
            notifications.tell_all(PAID, users=people, facts=FACTS, key="k", at=at)

    @pytest.mark.parametrize(
        "url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "evil", "/a b"]
    )
    def test_never_leads_outside(self, minji_user, at, url):
        with pytest.raises(ValueError, match="inside the portal"):
            tell(PAID, minji_user, at, FACTS, url=url)
        with pytest.raises(IntegrityError, match="leads_inside"), transaction.atomic():
            Notification.objects.create(user=minji_user, kind="x", title="t", body="b", url=url, key="k", created_at=at)
        assert Notification.objects.count() == 0


class TestChoosing:
    def test_a_channel_switched_on_is_used_and_one_switched_off_is_not(self, person, at):
        low = defined()["credits.low"]
        choose(person, at, shown=[low], wanted={("credits.low", SMS)})
        notice = tell(low, person, at, {"when": "오늘 안에"})
        assert (notice.in_app, list(due())) == (False, ["identity.sms"])

    def test_everything_off_writes_nothing(self, person, at):
        low = defined()["credits.low"]
        choose(person, at, shown=[low], wanted=set())
        assert tell(low, person, at, {"when": "오늘 안에"}) is None
        assert (Notification.objects.count(), Effect.objects.count()) == (0, 0)

    def test_what_is_compulsory_arrives_whatever_is_ticked(self, person, at):
        choose(person, at, shown=[PAID], wanted=set())
        assert tell(PAID, person, at, FACTS).in_app
        assert list(due()) == ["identity.mail"]

    def test_is_of_one_person_and_one_event(self, person, eve_user, at):
        low, gone = defined()["credits.low"], defined()["campaigns.budget_gone"]
        choose(person, at, shown=[low], wanted=set())
        assert tell(low, eve_user, at, {"when": "오늘 안에"}).in_app
        assert tell(gone, person, at, {"campaign": "퀴즈", "budget": 1}).in_app

    def test_keeps_what_was_not_on_the_page_and_writes_only_what_differs(self, person, at):
        low, began = defined()["credits.low"], defined()["campaigns.began"]
        choose(person, at, shown=[low], wanted=set())
        choose(person, at, shown=[began], wanted={("campaigns.began", IN_APP), ("campaigns.began", MAIL)})
        assert preferences.choices_of(person) == {("credits.low", IN_APP): False, ("credits.low", MAIL): False}

    def test_back_again_is_as_before(self, person, at):
        low = defined()["credits.low"]
        choose(person, at, shown=[low], wanted=set())
        choose(person, at, shown=[low], wanted={("credits.low", IN_APP), ("credits.low", MAIL)})
        assert preferences.channels_of(low, [person])[person.pk] == {IN_APP, MAIL}


class TestQuietHours:
    @pytest.mark.parametrize(
        ("hours", "hour", "until"),
        [((22, 8), 22, 8), ((22, 8), 7, 8), ((22, 8), 8, None), ((22, 8), 21, None), ((13, 14), 13, 14), ((13, 14), 14, None)],
    )
    def test_hold_until_their_end(self, hours, hour, until):
        at = datetime(2026, 11, 25, hour, 15, 30, tzinfo=SEOUL)
        moved = preferences.over(hours, at)
        if until is None:
            assert moved == at
        else:
            assert moved.astimezone(SEOUL).time() == time(until)
            assert timedelta() < moved - at < timedelta(hours=10)

    def test_hold_mail_and_sms_but_not_the_inbox(self, person, at):
        low = defined()["credits.low"]
        choose(person, at, shown=[low], wanted={("credits.low", channel) for channel in Channel}, hours=(22, 8))
        notice = tell(low, person, NIGHT, {"when": "오늘 안에"})
        assert notice.created_at == NIGHT
        assert due() == {"identity.mail": MORNING, "identity.sms": MORNING}
        assert effects.run_due(at=NIGHT) == 0

    def test_do_not_hold_what_is_urgent(self, person, at):
        choose(person, at, shown=[], wanted=set(), hours=(22, 8))
        tell(defined()["identity.phone_changed"], person, NIGHT, {})
        assert due() == {"identity.mail": NIGHT}

    def test_by_day_everything_leaves_at_once(self, person, at):
        choose(person, at, shown=[], wanted=set(), hours=(22, 8))
        tell(PAID, person, at, FACTS)
        assert due() == {"identity.mail": at}


class TestAdvertising:
    def test_reaches_nobody_without_consent(self, person, at):
        assert tell(OFFER_BEGAN, person, at, OFFER) is None
        assert Notification.objects.count() == 0

    def test_is_marked_and_says_how_to_refuse(self, person, at, outside):  # noqa: F811
        agree(person, at, Consent.Kind.MARKETING, Consent.Kind.NIGHT)  # whatever the hour in which this test runs
        tell(OFFER_BEGAN, person, at, OFFER, url="/payments/top-up/")
        effects.run_due(at=at)
        [message] = outside.messages(channel="MAIL", to="minji@example.com")
        assert message["subject"] == "(광고) 부스트 연말 10% 보너스가 시작됐어요"
        assert "알림 설정이나 동의 관리에서" in message["body"]
        [sms] = outside.messages(to="01012345678")
        assert sms["body"].startswith("(광고)[부스트] 연말 10% 보너스가 시작됐어요\n")
        assert sms["body"].endswith("무료수신거부 080-000-0000")

    def test_by_night_waits_for_the_morning_as_sms_but_not_as_mail(self, person, at):
        agree(person, at, Consent.Kind.MARKETING)
        tell(OFFER_BEGAN, person, NIGHT, OFFER)
        assert due() == {"identity.mail": NIGHT, "identity.sms": MORNING}

    def test_with_the_consent_for_the_night_leaves_at_once(self, person, at):
        agree(person, at, Consent.Kind.MARKETING, Consent.Kind.NIGHT)
        tell(OFFER_BEGAN, person, NIGHT, OFFER)
        assert due() == {"identity.mail": NIGHT, "identity.sms": NIGHT}

    def test_that_was_late_by_day_is_held_again_when_it_is_night(self, person, at, outside):  # noqa: F811
        agree(person, at, Consent.Kind.MARKETING)
        tell(OFFER_BEGAN, person, at, OFFER)
        with time_machine.travel(NIGHT):
            effects.run_due(at=NIGHT)
        row = Effect.objects.get(kind="identity.sms")
        assert (row.state, row.detail, abs(row.due_at - MORNING) < timedelta(minutes=1)) == ("UNKNOWN", "it is night", True)
        assert outside.messages(to="01012345678") == []

    def test_is_not_sent_once_the_consent_is_taken_back(self, person, at, outside):  # noqa: F811
        agree(person, at, Consent.Kind.MARKETING)
        tell(OFFER_BEGAN, person, at, OFFER)
        with transaction.atomic():
            consents.change(user=person, kind=Consent.Kind.MARKETING, given=False, at=at + timedelta(minutes=1))
        with time_machine.travel(at + timedelta(hours=1)):
            effects.run_due(at=at + timedelta(hours=1))
        mails = outside.messages(channel="MAIL", to="minji@example.com")
        assert [mail["subject"] for mail in mails] == ["[부스트] 혜택과 소식 받기에 동의를 거뒀어요"]
        assert outside.messages(to="01012345678") == []


class TestWording:
    def test_of_operators_is_told_from_then_on_and_keeps_its_versions(self, minji_user, operator, at):
        wording.save(event=PAID, title="{credits} 충전 완료", body="고마워요.{bonus}", after=0, by=operator, reason="짧게", at=at)
        wording.save(event=PAID, title="충전 {credits}", body="고마워요.", after=1, by=operator, reason="더 짧게", at=at)
        assert tell(PAID, minji_user, at, FACTS).title == "충전 300,000"
        assert [(row.number, row.reason) for row in wording.versions(PAID)] == [(2, "더 짧게"), (1, "짧게")]

    @pytest.mark.parametrize(
        "wrong",
        [{"title": " "}, {"body": ""}, {"title": "가" * 121}, {"body": "가" * 1001}, {"body": "{password}"}, {"reason": ""}],
    )
    def test_that_cannot_be_sent_is_refused(self, operator, at, wrong):
        with pytest.raises(wording.WordingRefused):
            wording.save(
                **{"event": PAID, "title": "제목", "body": "내용", "after": 0, "by": operator, "reason": "시험", "at": at, **wrong}
            )
        assert MessageTemplate.objects.count() == 0

    def test_of_somebody_who_saw_an_older_version_is_refused(self, operator, at):
        wording.save(event=PAID, title="하나", body="내용", after=0, by=operator, reason="시험", at=at)
        with pytest.raises(wording.WordingIsStale):
            wording.save(event=PAID, title="둘", body="내용", after=0, by=operator, reason="시험", at=at)
        assert MessageTemplate.objects.get().title == "하나"

    def test_is_history(self, operator, at):
        row = wording.save(event=PAID, title="하나", body="내용", after=0, by=operator, reason="시험", at=at)
        with pytest.raises(Exception, match="history"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE identity_messagetemplate SET title = '둘' WHERE id = %s", [row.pk])

    def test_that_kakao_approved_goes_out_as_alimtalk_and_to_others_as_sms(self, person, operator, at, outside):  # noqa: F811
        low = defined()["credits.low"]
        words = {"title": "{when} 크레딧이 떨어져요", "body": "충전해 주세요.", "alimtalk_id": "KA01TP1", "reason": "승인"}
        wording.save(event=low, after=0, by=operator, at=at, **words)
        choose(person, at, shown=[low], wanted={("credits.low", SMS)})
        tell(low, person, at, {"when": "오늘 안에"}, key="talk")
        effects.run_due(at=at)
        assert [(m["channel"], m["body"]) for m in outside.messages(channel="", to="01012345678")] == [
            ("ALIMTALK", "KA01TP1 · #{when} 오늘 안에")
        ]
        person.phone = "+821012343104"  # without KakaoTalk
        person.save()
        tell(low, person, at, {"when": "오늘 안에"}, key="sms")
        effects.run_due(at=at)
        assert [(m["channel"], m["body"]) for m in outside.messages(channel="", to="01012343104")] == [
            ("SMS", "[부스트] 오늘 안에 크레딧이 떨어져요")
        ]


class TestFromTheTickToTheWire:
    """What somebody ticks on the page is what leaves the house, and when."""

    PAGE = "/my-page/notifications/preferences/"

    def test_a_cause_that_comes_twice_at_night_is_one_sms_in_the_morning_and_no_mail(self, minji, person, outside):  # noqa: F811
        client = browser(person)
        ticked = [
            box for box in document(client.get(self.PAGE)).xpath('//input[@name="on" and @checked]/@value') if "credits.low" not in box
        ]
        press(client, client.get(self.PAGE), "저장하기", on=[*ticked, "credits.low:SMS"], is_quiet="on", hour_from="22", hour_until="8")
        low, facts = defined()["credits.low"], {"when": "오늘 안에"}
        for minutes in (0, 1):
            moment = NIGHT + timedelta(minutes=minutes)
            with transaction.atomic():
                advertisers.tell_team(low, advertiser=minji, facts=facts, key="one", at=moment)
        effects.run_due(at=MORNING - timedelta(seconds=1))
        assert outside.messages(channel="", to="01012345678") == []
        for _ in range(2):
            effects.run_due(at=MORNING)
        assert [(m["channel"], m["body"]) for m in outside.messages(channel="", to="01012345678")] == [
            ("SMS", "[부스트] 오늘 안에 크레딧이 떨어져요")
        ]
        assert outside.messages(channel="MAIL", to=person.email) == []
