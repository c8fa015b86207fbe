"""The sweep of expired lots."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from credits import services as credits
from credits import tasks
from credits.models import Entry
from identity.models import Notification
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

EXPIRES = timedelta(days=10)


@pytest.fixture
def short(ledger, minji, at):
    """100 bonus credits that expire in ten days."""
    credits.grant_bonus(advertiser=minji, credits=100, key="b", at=at, expires_at=at + EXPIRES, order_id="short")


class TestExpireLots:
    def test_takes_what_is_available_at_the_very_second(self, minji, short, at):
        with nothing_written():
            assert credits.expire_lots(at=at + EXPIRES - timedelta(seconds=1)) == []
        (entry,) = credits.expire_lots(at=at + EXPIRES)
        assert lines(entry) == [("AVAILABLE", "BONUS", -100, 1_000), ("BREAKAGE", "BONUS", 100, None)]
        assert (entry.kind, entry.order_id) == ("EXPIRE", "short")
        assert parts(lot("short", "BONUS")) == {"granted": 100, "expired": 100}
        with nothing_written():
            assert credits.expire_lots(at=at + EXPIRES) == []

    def test_leaves_what_is_held_or_frozen_until_it_comes_back(self, minji, short, at):
        hold = credits.place_hold(advertiser=minji, credits=60, subject="campaign:1", subject_label="x", key="h", at=at)
        credits.expire_lots(at=at + EXPIRES)
        assert parts(lot("short", "BONUS")) == {"granted": 100, "held": 60, "expired": 40}
        credits.release(hold=hold, credits=60, key="r", at=at + EXPIRES)
        assert (parts(lot("short", "BONUS")), house("BREAKAGE")) == ({"granted": 100, "expired": 100}, 100)

    def test_writes_one_entry_per_lot_and_advertiser(self, minji, eve, short, at):
        credits.grant_bonus(advertiser=minji, credits=5, key="b2", at=at, expires_at=at + EXPIRES)
        credits.grant_bonus(advertiser=eve, credits=7, key="b3", at=at, expires_at=at + EXPIRES)
        entries = credits.expire_lots(at=at + EXPIRES)
        assert [(entry.advertiser, -entry.postings.get(account__kind="AVAILABLE").amount) for entry in entries] == [
            (minji, 100),
            (minji, 5),
            (eve, 7),
        ]
        assert (accounts(minji), accounts(eve)) == ((1_000, 0, 0), (0, 0, 0))

    def test_can_be_asked_for_one_advertiser(self, minji, eve, short, at):
        credits.grant_bonus(advertiser=eve, credits=7, key="b3", at=at, expires_at=at + EXPIRES)
        assert list(credits.owners_of_expired_lots(at=at + EXPIRES)) == [minji, eve]
        assert [entry.advertiser for entry in credits.expire_lots(at=at + EXPIRES, advertiser=eve)] == [eve]
        assert list(credits.owners_of_expired_lots(at=at + EXPIRES)) == [minji]

    def test_tells_those_who_pay_once_how_much_is_gone(self, minji, minji_user, jisoo, short, at):
        credits.grant_bonus(advertiser=minji, credits=5, key="b2", at=at, expires_at=at + EXPIRES)
        credits.expire_lots(at=at + EXPIRES)
        credits.expire_lots(at=at + EXPIRES)
        notice = Notification.objects.get(kind="credits.expired")
        assert (notice.user, notice.title, notice.url) == (minji_user, "유효 기간이 끝난 105크레딧이 사라졌어요", "/my-page/credit/")


@pytest.mark.django_db(transaction=True)
def test_the_task_goes_on_when_somebody_is_busy(minji, eve, at, time_machine_at):
    with transaction.atomic():
        credits.grant_bonus(advertiser=eve, credits=7, key="b", at=at, expires_at=at + EXPIRES)
        credits.grant_bonus(advertiser=minji, credits=5, key="b2", at=at, expires_at=at + EXPIRES)
    time_machine_at(at + EXPIRES)
    locked, done = threading.Event(), threading.Event()

    def hold_minjis_wallet():
        try:
            with transaction.atomic():
                credits.lock_wallet(minji)
                locked.set()
                done.wait(timeout=20)
        finally:
            connection.close()

    other = threading.Thread(target=hold_minjis_wallet)
    other.start()
    try:
        assert locked.wait(timeout=20)
        assert tasks.expire_lots() == 1
        assert (accounts(minji), accounts(eve)) == ((1_005, 0, 0), (0, 0, 0))
    finally:
        done.set()
        other.join()
    assert tasks.expire_lots() == 1
    assert accounts(minji) == (1_000, 0, 0)


def test_the_task_sweeps_all_twice_without_harm(minji, at, time_machine_at):
    time_machine_at(at + timedelta(days=1_825))
    assert (tasks.expire_lots(), tasks.expire_lots()) == (1, 0)
    assert (accounts(minji), house("BREAKAGE")) == ((0, 0, 0), 1_000)
    assert Entry.objects.filter(kind="EXPIRE").count() == 1
