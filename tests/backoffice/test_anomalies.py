"""An hour unlike the same hours before it is told to the operators once, by mail and Slack; a usual day is silent."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from advertisers.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from advertisers.webhooks.calling import Word
from backoffice import anomalies
from backoffice.anomalies import HOUR, Turn, judge
from backoffice.models import Anomaly
from campaigns import services as campaigns
from campaigns.models import HourlyStat
from common import effects, handlers, refused
from common.models import Effect
from credits import services as credits
from identity import notifications
from identity.models import Notification, SmsMessage
from tests.campaigns.conftest import spec_of

NOW = datetime(2026, 11, 25, 6, 10, tzinfo=UTC)  # 15:10 in Seoul: the hour from 14:00 is judged
JUDGED = NOW.replace(minute=0) - HOUR
SECRET = "/slack/services/T00000000/B00000000/sandbox"


@pytest.fixture
def counted(db, monkeypatch):
    """`counted("SMS", 500, usual=100)`: what one kind counts; every other kind counts nothing."""
    numbers = {}

    def count(kind, number, *, usual, days=14, hour=JUDGED):
        numbers[kind] = {hour: number} | {hour - timedelta(days=day): usual for day in range(1, days + 1)}

    def of(kind):
        return lambda since, until: {hour: number for hour, number in numbers.get(kind, {}).items() if since <= hour < until}

    watched = tuple(anomalies.Watched(one.kind, one.unit, one.room, of(one.kind), one.least, one.both_ways) for one in anomalies.WATCHED)
    monkeypatch.setattr(anomalies, "WATCHED", watched)
    return count


def told():
    return list(Notification.objects.for_operators().filter(kind="backoffice.anomaly").order_by("pk"))


class TestAnHour:
    @pytest.mark.parametrize(
        ("now", "usual", "known", "turn"),
        [
            (400, 100, 14, Turn.MORE),
            (399, 100, 14, None),
            (99, 1, 14, None),
            (100, 0, 14, Turn.MORE),
            (25, 100, 14, Turn.LESS),
            (26, 100, 14, None),
            (0, 99, 14, None),
            (9_000, 100, 2, None),
        ],
    )
    def test_is_odd_when_it_is_far_from_the_usual_and_large_enough(self, now, usual, known, turn):
        assert judge(now, usual, known, times=4, least=100, both_ways=True) == turn

    def test_of_too_little_is_usual_where_less_is_no_worry(self):
        assert judge(0, 500, 14, times=4, least=100, both_ways=False) is None


class TestEveryKind:
    @pytest.mark.parametrize("watched", anomalies.WATCHED, ids=lambda one: one.kind.value)
    def test_is_told_once_in_an_episode_with_the_number_the_usual_one_and_the_room(self, counted, watched):
        counted(watched.kind, 8_000_000, usual=1_000_000)
        assert [row.kind for row in anomalies.look(at=NOW)] == [watched.kind]
        assert anomalies.look(at=NOW + timedelta(minutes=10)) == []
        (notice,) = told()
        assert notice.title == f"{watched.kind.label}: 평소보다 훨씬 많아요"
        assert f"11월 25일 14시부터 한 시간 동안 8,000,000{watched.unit}" in notice.body
        assert f"중앙값은 1,000,000{watched.unit}" in notice.body
        assert notice.url == watched.room

    @pytest.mark.parametrize("watched", anomalies.WATCHED, ids=lambda one: one.kind.value)
    def test_is_silent_on_a_usual_day(self, counted, watched):
        counted(watched.kind, 1_100_000, usual=1_000_000)
        assert anomalies.look(at=NOW) == []
        assert told() == []

    @pytest.mark.parametrize("watched", anomalies.WATCHED, ids=lambda one: one.kind.value)
    def test_leads_to_a_room_that_opens(self, desk, watched):
        assert desk("admin").get(watched.room).status_code == 200

    def test_that_stops_is_told_where_that_is_a_worry(self, counted):
        counted("CONVERSIONS", 0, usual=500)
        counted("REFUNDS", 0, usual=50_000_000)
        assert [(row.kind, row.turn) for row in anomalies.look(at=NOW)] == [("CONVERSIONS", "LESS")]
        assert told()[0].title == "완료한 참여: 평소보다 훨씬 적어요"


class TestAnEpisode:
    def test_goes_on_silently_and_ends_with_the_first_usual_hour(self, counted):
        counted("SMS", 900, usual=100)
        anomalies.look(at=NOW)
        counted("SMS", 950, usual=100, hour=JUDGED + HOUR)
        assert anomalies.look(at=NOW + HOUR) == []
        counted("SMS", 110, usual=100, hour=JUDGED + 2 * HOUR)
        assert anomalies.look(at=NOW + 2 * HOUR) == []
        assert Anomaly.objects.get().ended_at == NOW + 2 * HOUR
        counted("SMS", 900, usual=100, hour=JUDGED + 3 * HOUR)
        assert len(anomalies.look(at=NOW + 3 * HOUR)) == 1
        assert len(told()) == 2

    def test_that_turns_round_is_another_one(self, counted):
        counted("CONVERSIONS", 9_000, usual=500)
        anomalies.look(at=NOW)
        counted("CONVERSIONS", 0, usual=500, hour=JUDGED + HOUR)
        assert [row.turn for row in anomalies.look(at=NOW + HOUR)] == ["LESS"]
        assert Anomaly.objects.filter(ended_at=None).count() == 1


class TestCounting:
    """The rows that are counted are the real ones, by their hour."""

    HOURS = (JUDGED, JUDGED + HOUR)

    def test_sees_messages(self, db):
        words = {"kind": "x.y", "title": "제목", "body": "내용", "created_at": NOW}
        for number, minutes in enumerate((-1, 0, 59, 60)):
            notice = Notification.objects.create(user=None, key=str(number), **words)
            SmsMessage.objects.create(ref=str(number), notification=notice, sent_at=JUDGED + timedelta(minutes=minutes))
        assert anomalies._texted(*self.HOURS) == {JUDGED: 2}

    def test_sees_spending_and_conversions_of_customers_only(self, minji, minji_user):
        with transaction.atomic():
            credits.grant_bonus(advertiser=minji, credits=10_000, key="given", at=NOW)
        row = campaigns.submit_campaign(advertiser=minji, spec=spec_of(NOW), by=minji_user, at=NOW, key="one")
        HourlyStat.objects.create(campaign=row, hour_at=JUDGED, started=3, confirmed=3, credits=300, counted_at=NOW)
        assert (anomalies._spent(*self.HOURS), anomalies._converted(*self.HOURS)) == ({JUDGED: 300}, {JUDGED: 3})
        minji.is_demo = True
        minji.save()
        assert anomalies._spent(*self.HOURS) == anomalies._converted(*self.HOURS) == {}
        minji.is_demo = False
        minji.save()

    def test_sees_refunds(self, cashier, minji, minji_user):
        refund = cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user)
        hour = refund.requested_at.replace(minute=0, second=0, microsecond=0)
        assert anomalies._refunded(hour, hour + HOUR) == {hour: 110_000}

    def test_sees_calls_that_failed(self, minji):
        endpoint = WebhookEndpoint.objects.create(
            advertiser=minji, name="서버", url="https://x.example", events=["x"], events_since=NOW, created_at=NOW
        )
        event = WebhookEvent.objects.create(advertiser=minji, type="x", key="x", at=NOW)
        delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event, number=1)
        for word in (Word.OK, Word.TIMEOUT, Word.REFUSED):
            WebhookAttempt.objects.create(delivery=delivery, at=JUDGED, word=word, took_ms=1)
        assert anomalies._not_delivered(*self.HOURS) == {JUDGED: 2}

    def test_sees_messages_of_suppliers_that_nobody_proved(self, db):
        client, hour = Client(), timezone.now().replace(minute=0, second=0, microsecond=0)
        with time_machine.travel(hour + timedelta(minutes=5), tick=False):
            for _ in range(3):
                assert client.post("/payments/webhooks/portone/", b"{}", content_type="application/json").status_code == 401
        refused.count("payments.portone", at=hour - HOUR)
        assert anomalies._not_delivered(hour, hour + HOUR) == {hour: 3}


@pytest.mark.usefixtures("counted")
class TestSlack:
    @pytest.fixture(autouse=True)
    def _connected(self, cashier, _sandbox, settings):
        handlers.load()
        settings.SLACK_WEBHOOK_URL = f"{_sandbox.base_url}{SECRET}"
        self.sandbox = _sandbox

    def alert(self, counted):
        counted("SMS", 900, usual=100)
        anomalies.look(at=NOW)

    def inbox(self):
        return self.sandbox.control("GET", "/inbox", channel="SLACK")["messages"]

    def test_hears_of_it_as_well_as_the_mailbox(self, counted):
        self.alert(counted)
        effects.run_due(at=NOW)
        (message,) = self.inbox()
        assert message["to"] == "T00000000/B00000000"
        assert message["subject"] == "*문자 발송: 평소보다 훨씬 많아요*"
        assert "<http" in message["body"]
        assert "|열어 보기>" in message["body"]
        assert any("문자 발송" in letter.subject for letter in mail.outbox)

    @pytest.mark.parametrize("fault", [{"kind": "error", "status": 503}, {"kind": "drop"}, {"kind": "error", "status": 429}])
    def test_that_is_down_loses_nothing_and_keeps_the_mail(self, counted, fault):
        self.sandbox.control("POST", "/faults", {"service": "slack", "count": 3, **fault})
        self.alert(counted)
        later = NOW
        for _ in range(4):
            effects.run_due(at=later)
            later += timedelta(minutes=6)
        assert len(self.inbox()) == 1
        assert len([letter for letter in mail.outbox if "문자 발송" in letter.subject]) == 1
        assert Effect.objects.get(kind="identity.slack").state == Effect.State.DONE

    def test_that_does_not_know_us_is_left_to_a_person(self, counted, settings):
        settings.SLACK_WEBHOOK_URL = settings.SLACK_WEBHOOK_URL.replace("/sandbox", "/wrong")
        self.alert(counted)
        later = NOW
        for _ in range(6):
            effects.run_due(at=later)
            later += timedelta(minutes=6)
        row = Effect.objects.get(kind="identity.slack")
        assert (row.state, row.detail) == (Effect.State.PARKED, "invalid_token")
        assert self.inbox() == []

    def test_shows_marks_as_they_were_written(self, counted, db):
        with transaction.atomic():
            notifications.alert_operators(kind="x.y", title="<!channel> & co", body="a < b", key="marks", at=NOW)
        effects.run_due(at=NOW)
        (message,) = self.inbox()
        assert (message["subject"], message["body"]) == ("*&lt;!channel&gt; &amp; co*", "a &lt; b")


def test_without_slack_alerts_go_by_mail_alone(counted, settings):
    settings.SLACK_WEBHOOK_URL = ""
    counted("SMS", 900, usual=100)
    anomalies.look(at=NOW)
    assert set(Effect.objects.values_list("kind", flat=True)) == {"identity.mail"}
