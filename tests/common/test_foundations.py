"""Time, policies, health, errors."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from common import clock, dated, health, kst
from common.errors import DomainError, all_refusals
from common.models import DatedSetting


class Snowed(DomainError):
    code = "tests.snowed"
    message = "{until}까지 쉬어요."


HOURS = dated.define("tests.hours", default=168, label="시험 시간")
SWITCH = dated.define("tests.switch", default=False, label="시험 스위치")


class TestTheKoreanDay:
    @pytest.mark.parametrize(
        "moment, day",
        [
            (datetime(2026, 11, 24, 14, 59, 59, 999_999, tzinfo=UTC), date(2026, 11, 24)),
            (datetime(2026, 11, 24, 15, 0, tzinfo=UTC), date(2026, 11, 25)),
            (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), date(2027, 1, 1)),
        ],
    )
    def test_begins_at_midnight_in_seoul(self, moment, day):
        assert kst.day_of(moment) == day

    def test_is_half_open(self):
        day = date(2026, 11, 25)
        assert kst.day_from(day) == datetime(2026, 11, 24, 15, tzinfo=UTC)
        assert kst.day_until(day) == kst.day_from(date(2026, 11, 26)) == datetime(2026, 11, 25, 15, tzinfo=UTC)
        assert kst.day_of(kst.day_until(day) - timedelta(microseconds=1)) == day


class TestTheClock:
    @pytest.fixture(autouse=True)
    def _restore(self):
        yield
        clock.install(offset_seconds=0)

    @pytest.mark.parametrize("offset", [86_400, -3_600])
    def test_can_be_shifted_for_the_product_only(self, offset):
        clock.install(offset_seconds=offset)
        assert abs((timezone.now() - clock.real_now()).total_seconds() - offset) < 1
        assert abs((clock.real_now() - datetime.now(UTC)).total_seconds()) < 1

    def test_goes_right_again(self):
        clock.install(offset_seconds=86_400)
        clock.install(offset_seconds=0)
        assert abs((timezone.now() - datetime.now(UTC)).total_seconds()) < 1


class TestDatedSettings:
    def test_has_a_default_from_the_app_that_owns_the_rule(self, db, at):
        assert HOURS.at(at) == 168

    def test_follows_its_rows_from_their_moment_on(self, db, at):
        hours = timedelta(hours=1)
        DatedSetting.objects.create(name="tests.hours", value=24, effective_from=at, reason="시험")
        DatedSetting.objects.create(name="tests.hours", value=48, effective_from=at + 5 * hours, reason="시험")
        moments = (at - timedelta(microseconds=1), at, at + 5 * hours - timedelta(microseconds=1), at + 5 * hours)
        assert [HOURS.at(moment) for moment in moments] == [168, 24, 24, 48]

    def test_keeps_false_apart_from_nothing(self, db, at):
        DatedSetting.objects.create(name="tests.switch", value=True, effective_from=at, reason="시험")
        DatedSetting.objects.create(name="tests.switch", value=False, effective_from=at + timedelta(hours=1), reason="시험")
        assert [SWITCH.at(at), SWITCH.at(at + timedelta(hours=1))] == [True, False]

    def test_is_declared_once(self):
        assert dated.define("tests.hours", default=168, label="시험 시간") == HOURS
        with pytest.raises(RuntimeError, match=r"tests\.hours is declared twice"):
            dated.define("tests.hours", default=24, label="시험 시간")
        assert dated.defined()["tests.hours"] == HOURS

    def test_is_changed_with_a_reason_and_without_rewriting_history(self, db, at):
        later = at + timedelta(days=1)
        dated.change(name="tests.hours", value=24, effective_from=later, reason="약관 개정", by_id=7, at=at)
        row = DatedSetting.objects.get()
        assert (row.value, row.effective_from, row.reason, row.created_by_id) == (24, later, "약관 개정", 7)
        assert [HOURS.at(at), HOURS.at(later)] == [168, 24]

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "tests.nothing"},
            {"value": "24"},
            {"value": True},
            {"value": None},
            {"effective_from": datetime(2026, 11, 25, 2, 59, 59, tzinfo=UTC)},
        ],
    )
    def test_refuses_a_change_that_makes_no_sense(self, db, at, change):
        wanted = {"name": "tests.hours", "value": 24, "effective_from": at, "reason": "시험", "by_id": 7, "at": at}
        with pytest.raises(dated.PolicyRefused):
            dated.change(**(wanted | change))
        assert DatedSetting.objects.count() == 0

    def test_refuses_a_second_value_for_the_same_moment(self, db, at):
        dated.change(name="tests.hours", value=24, effective_from=at, reason="시험", by_id=7, at=at)
        with pytest.raises(dated.PolicyRefused):
            dated.change(name="tests.hours", value=48, effective_from=at, reason="시험", by_id=7, at=at)
        assert DatedSetting.objects.get().value == 24


class TestHealth:
    def test_is_alive(self, client):
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_is_alive_without_a_database(self, client, db, monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(connection, "cursor", self.no_database)
            answer = client.get("/healthz")
        assert answer.status_code == 200

    def test_is_ready(self, client, db):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})

    def test_is_not_ready_without_a_database(self, client, db, monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(connection, "cursor", self.no_database)
            answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "database away"})

    @pytest.mark.parametrize("seconds, status", [(119, 200), (-119, 200), (125, 503), (-125, 503)])
    def test_is_ready_only_while_the_clocks_agree(self, client, db, monkeypatch, seconds, status):
        monkeypatch.setattr(health.clock, "real_now", lambda: datetime.now(UTC) + timedelta(seconds=seconds))
        assert client.get("/readyz").status_code == status

    def test_is_ready_although_the_clock_of_the_product_is_shifted(self, client, db):
        clock.install(offset_seconds=86_400)
        try:
            assert client.get("/readyz").status_code == 200
        finally:
            clock.install(offset_seconds=0)

    def test_answers_readers_only(self, client, db):
        assert [client.post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]

    def test_counts(self, client, db):
        assert b"django_http_requests_total_by_method_total" in client.get("/metrics").content

    @staticmethod
    def no_database(*args, **kwargs):
        raise OperationalError("connection refused")


class TestRefusals:
    def test_carry_a_sentence_a_code_and_facts(self):
        refusal = Snowed(until="월요일")
        assert (refusal.code, refusal.http_status, refusal.context) == ("tests.snowed", 409, {"until": "월요일"})
        assert str(refusal) == "월요일까지 쉬어요."
        assert all_refusals()["tests.snowed"] is Snowed

    def test_never_share_a_code(self):
        with pytest.raises(RuntimeError, match=r"two refusals share the code common\.busy"):
            type("Copy", (DomainError,), {"code": "common.busy", "__module__": __name__})
        assert all_refusals()["common.busy"].__name__ == "Busy"
