"""Closed days: nothing is booked into them, each one's hash builds on the day before, and the night does all of it."""

import threading
import time
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from common.kst import day_until
from config.celery import app
from credits import digests, tasks
from credits import services as credits
from credits.models import DayDigest, Entry, ProofRun
from identity.models import Notification
from tests.credits.book import nothing_written

TODAY = date(2026, 11, 25)


def close(on, at):
    with transaction.atomic():
        return credits.close_day(on=on, at=at)


def bonus(advertiser, key, at, **more):
    with transaction.atomic():
        return credits.grant_bonus(advertiser=advertiser, credits=5, key=key, at=at, **more)


class TestCloseDay:
    def test_counts_the_day_and_says_what_the_house_has(self, minji, at):
        digest = close(TODAY, day_until(TODAY))
        assert (digest.day_on, digest.entries, digest.postings, digest.previous_hash) == (TODAY, 1, 2, "")
        assert digest.closing == {"CREDIT:FUNDING:portone": -1_000}
        assert len(digest.hash) == 64

    def test_builds_on_the_day_before_even_when_nothing_happened(self, minji, at):
        first = close(TODAY, at + timedelta(days=3))
        second = close(TODAY + timedelta(days=1), at + timedelta(days=3))
        assert (second.entries, second.previous_hash, second.closing) == (0, first.hash, first.closing)
        assert second.hash != first.hash

    def test_closing_twice_gives_the_same_digest(self, minji, at):
        first = close(TODAY, at + timedelta(days=1))
        with nothing_written():
            assert close(TODAY, at + timedelta(days=2)) == first

    def test_refuses_a_day_that_is_not_over_or_not_next(self, minji, at):
        with nothing_written():
            with pytest.raises(ValueError, match="is not over"):
                close(TODAY, day_until(TODAY) - timedelta(microseconds=1))
            with pytest.raises(ValueError, match="not the next day"):
                close(TODAY + timedelta(days=1), at + timedelta(days=5))

    def test_a_late_payment_keeps_its_moment_and_is_booked_on_the_first_open_day(self, minji, at):
        closed = close(TODAY, at + timedelta(days=1))
        entry = bonus(minji, "late", at)
        assert (entry.occurred_at, entry.booked_at, entry.booked_on) == (at, day_until(TODAY), TODAY + timedelta(days=1))
        assert digests.digest_of(TODAY, previous=None).hash == closed.hash == DayDigest.objects.get().hash

    def test_a_payment_of_yesterday_that_we_see_today_is_booked_today(self, minji, at):
        entry = bonus(minji, "seen-late", at - timedelta(days=1), now=at)
        assert (entry.occurred_at, entry.booked_on) == (at - timedelta(days=1), TODAY)

    def test_tickets_are_booked_the_same_way(self, minji, suji, at):
        close(TODAY, at + timedelta(days=1))
        with transaction.atomic():
            entry = credits.grant(member_id=suji.pk, amount=1, kind="ISSUED", key="g", at=at)
        assert (entry.occurred_at, entry.booked_on) == (at, TODAY + timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_closing_waits_for_a_booking_that_is_under_way(minji, at):
    booked, order = threading.Event(), []

    def book_slowly():
        try:
            with transaction.atomic():
                credits.grant_bonus(advertiser=minji, credits=5, key="slow", at=at)
                booked.set()
                time.sleep(0.5)
                order.append("booked")
        finally:
            connection.close()

    other = threading.Thread(target=book_slowly)
    other.start()
    assert booked.wait(timeout=20)
    digest = close(TODAY, at + timedelta(days=1))
    order.append("closed")
    other.join()
    assert order == ["booked", "closed"]
    assert digest.entries == 2  # the top-up and the slow one


class TestTheNight:
    def test_closes_every_day_that_is_over_proves_once_a_day_and_is_quiet_when_green(self, minji, at, time_machine_at):
        time_machine_at(day_until(TODAY) + timedelta(days=1, minutes=15))
        tasks.nightly_proof()
        tasks.nightly_proof()
        assert list(DayDigest.objects.order_by("day_on").values_list("day_on", flat=True)) == [TODAY, TODAY + timedelta(days=1)]
        run = ProofRun.objects.get()
        assert (run.is_green, run.previous_hash, run.hash) == (True, "", digests.run_hash(run))
        assert not Notification.objects.exists()

    def test_begins_a_quarter_past_midnight_in_seoul(self, minji, at, time_machine_at):
        midnight = day_until(TODAY)
        time_machine_at(midnight + timedelta(minutes=14, seconds=59))
        tasks.nightly_proof()
        assert (DayDigest.objects.count(), ProofRun.objects.count()) == (0, 0)
        time_machine_at(midnight + timedelta(minutes=15))
        tasks.nightly_proof()
        assert (DayDigest.objects.count(), ProofRun.objects.count()) == (1, 1)

    def test_chains_its_runs(self, minji, at):
        runs = [credits.nightly_proof(at=day_until(TODAY) + timedelta(days=days, minutes=20)) for days in range(3)]
        assert [run.previous_hash for run in runs] == ["", runs[0].hash, runs[1].hash]

    @pytest.mark.tampers
    def test_stops_money_and_tells_the_operators_when_the_book_contradicts_itself(self, minji, at):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE credits_account SET balance = balance + 1 WHERE kind = 'AVAILABLE'")
        moment = day_until(TODAY) + timedelta(minutes=20)
        run = credits.nightly_proof(at=moment)
        assert not run.is_green
        assert Notification.objects.get().kind == "credits.proof_red"
        with transaction.atomic(), pytest.raises(credits.MoneyStopped):
            credits.top_up(advertiser=minji, credits=1, order_id="o", gateway="portone", key="k", at=moment)
        with transaction.atomic():
            credits.resume_money(at=moment + timedelta(hours=1), reason="고쳤어요")
        with transaction.atomic():
            credits.top_up(advertiser=minji, credits=1, order_id="o", gateway="portone", key="k", at=moment + timedelta(hours=2))
        assert Entry.objects.filter(order_id="o").count() == 1

    @pytest.mark.parametrize(("name", "seconds"), [("credits.nightly_proof", 600.0), ("credits.expire_lots", 3600.0)])
    def test_is_on_the_clock(self, name, seconds):
        app.loader.import_default_modules()
        assert name in app.tasks
        assert [entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == name] == [seconds]
