"""The supplier's catalogue: read page by page, shown as differences, and applied by somebody who saw what jumped."""

from datetime import timedelta

import pytest
from django.db import transaction

from common import effects
from common.errors import DomainError
from common.models import Effect
from identity.models import Notification
from rewards.gifticons import giftishow, importing
from rewards.models import Gifticon, GifticonBrand, GifticonImport
from tests.rewards.gifticon_world import COFFEE, buyer, fresh, identity_sandbox, press, supplier, work

__all__ = ["buyer", "identity_sandbox", "supplier"]
SOLD = 60  # of the 64 goods in the supplier's list
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def pages_of_twenty(monkeypatch):
    monkeypatch.setattr(giftishow, "PAGE_SIZE", 20)


def read(at, *, by=None):
    """Start to read, and let every page come."""
    run = importing.start(by=by, at=at)
    for _ in range(8):
        work(at)
    run.refresh_from_db()
    return run


def applied(at, operator, *, with_jumps=False):
    return apply(read(at, by=operator), operator, at, with_jumps=with_jumps)


def apply(run, operator, at, *, with_jumps):
    with transaction.atomic():
        return importing.apply(run=run, with_jumps=with_jumps, by=operator, at=at)


def lines(run, **facts):
    return sorted(run.lines.filter(**facts).values_list("code", flat=True))


class TestReading:
    def test_s_99_changes_nothing_before_somebody_applies_it(self, supplier, operator, at):
        run = read(at, by=operator)
        assert (run.state, run.told, run.seen, run.lines.filter(kind="NEW").count()) == ("READY", 64, 64, SOLD)
        assert (Gifticon.objects.count(), len(supplier.calls("/goods"))) == (0, 4)

    def test_ops_17_that_died_halfway_goes_on_without_doubles(self, supplier, operator, at):
        supplier.fault("/goods", "drop", count=1)
        run = importing.start(by=operator, at=at)
        work(at)
        run.refresh_from_db()
        assert (run.state, run.lines.count()) == ("READING", 0)
        again = importing.start(by=operator, at=at + MINUTE)  # pressed again
        for _ in range(8):
            work(at + MINUTE)
        again.refresh_from_db()
        assert (again.pk, again.state, again.lines.count(), again.seen) == (run.pk, "READY", SOLD, 64)

    def test_ops_17_whose_worker_died_with_a_page_in_its_hands_writes_it_once(self, supplier, operator, at):
        importing.start(by=operator, at=at)
        work(at)
        second = Effect.objects.get(state="NEW")
        taken, asking = effects._take(second.pk, at=at)
        effects._call(taken, asking=asking)  # and dies
        for step in range(8):
            work(at + effects.LEASE + step * MINUTE)
        run = GifticonImport.objects.get()
        assert (run.state, run.seen, run.lines.count()) == ("READY", 64, SOLD)

    def test_ops_17_that_was_parked_goes_on_when_it_is_started_again(self, supplier, operator, at):
        supplier.fault("/goods", "garbage", count=5)
        run = importing.start(by=operator, at=at)
        for step in range(6):
            work(at + step * 5 * MINUTE)
        assert Effect.objects.get().state == "PARKED"
        run = read(at + timedelta(hours=1), by=operator)
        assert (run.state, run.seen) == ("READY", 64)

    def test_leaves_out_a_good_that_is_not_sold(self, supplier, operator, at):
        supplier.good(goodsStateCd="SUS")
        assert COFFEE not in lines(read(at, by=operator))

    def test_replaces_what_was_read_before_and_not_applied(self, supplier, operator, at):
        old = read(at, by=operator)
        new = read(at + MINUTE, by=operator)
        old.refresh_from_db()
        assert (old.state, new.state) == ("DROPPED", "READY")
        with pytest.raises(DomainError, check=lambda raised: raised.code == "gifticon.import_moved"):
            apply(old, operator, at, with_jumps=True)


class TestApplying:
    def test_s_99_makes_the_catalogue_what_was_read(self, supplier, operator, at):
        run = applied(at, operator)
        assert (run.state, Gifticon.objects.on_sale().count(), GifticonBrand.objects.count()) == ("APPLIED", SOLD, 8)
        row = Gifticon.objects.select_related("brand").get(code=COFFEE)
        assert (row.name, row.face_krw, row.cost_krw, row.brand.name, row.brand.category) == (
            "따뜻한 아메리카노",
            4_500,
            4_230,
            "브루데이",
            "커피",
        )

    def test_a_second_time_finds_nothing(self, supplier, operator, at):
        applied(at, operator)
        assert read(at + MINUTE, by=operator).lines.exclude(kind="SAME").count() == 0

    def test_keeps_what_operators_decided_about_a_good(self, supplier, operator, at):
        applied(at, operator)
        Gifticon.objects.filter(code=COFFEE).update(is_shown=False, stock=3)
        supplier.good(goodsName="더 따뜻한 아메리카노")
        applied(at + MINUTE, operator)
        row = Gifticon.objects.get(code=COFFEE)
        assert (row.name, row.is_shown, row.stock) == ("더 따뜻한 아메리카노", False, 3)

    def test_ops_16_thirty_prices_that_jump_wait_for_somebody_and_orders_keep_theirs(self, supplier, operator, buyer, at):
        applied(at, operator)
        order = press(buyer, Gifticon.objects.get(code=COFFEE), at=at)
        jumping = [f"G{300_000 + number:011d}" for number in range(1, 35) if number not in (8, 24)][:30]
        for row in Gifticon.objects.filter(code__in=jumping):
            supplier.good(row.code, salePrice=row.face_krw * 13 // 10, discountPrice=row.cost_krw * 13 // 10)
        run = read(at + MINUTE, by=operator)
        assert (lines(run, needs_look=True), Gifticon.objects.get(code=COFFEE).face_krw) == (jumping, 4_500)
        apply(run, operator, at + MINUTE, with_jumps=False)
        assert Gifticon.objects.get(code=COFFEE).face_krw == 4_500
        run = applied(at + 2 * MINUTE, operator, with_jumps=True)
        assert (Gifticon.objects.get(code=COFFEE).face_krw, run.lines.filter(is_applied=True).count()) == (5_850, 30)
        assert (fresh(order).tickets, fresh(order).value_krw) == (450, 4_500)

    def test_a_change_within_the_guard_needs_no_look(self, supplier, operator, at):
        applied(at, operator)
        supplier.good(salePrice=5_400, discountPrice=5_076)  # 20 %
        assert lines(read(at + MINUTE, by=operator), needs_look=True) == []

    def test_what_is_gone_is_sold_no_more_and_stays_for_its_orders(self, supplier, operator, buyer, at):
        applied(at, operator)
        order = press(buyer, Gifticon.objects.get(code=COFFEE), at=at)
        work(at)
        supplier.good(gone=True)
        run = applied(at + MINUTE, operator)
        assert (lines(run, kind="GONE"), Gifticon.objects.get(code=COFFEE).is_sold, fresh(order).gifticon.code) == ([COFFEE], False, COFFEE)

    def test_many_gone_at_once_wait_for_somebody(self, supplier, operator, at):
        applied(at, operator)
        for number in range(1, 20):
            supplier.good(f"G{300_000 + number:011d}", gone=True)
        run = applied(at + MINUTE, operator)
        assert (run.lines.filter(kind="GONE", needs_look=True).count(), Gifticon.objects.on_sale().count()) == (18, SOLD)

    def test_can_be_dropped(self, supplier, operator, at):
        run = read(at, by=operator)
        with transaction.atomic():
            run = importing.drop(run=run, at=at)
        assert (run.state, Gifticon.objects.count()) == ("DROPPED", 0)


class TestTheNight:
    def test_applies_by_itself_what_needs_no_look(self, supplier, db, at):
        assert (read(at).state, Gifticon.objects.on_sale().count()) == ("APPLIED", SOLD)

    def test_ops_16_leaves_a_jump_to_somebody_and_says_so(self, supplier, db, at):
        read(at)
        supplier.good(salePrice=45_000, discountPrice=42_300)
        assert read(at + MINUTE).state == "READY"
        assert Notification.objects.filter(kind="rewards.gifticon_import").count() == 1
        assert Gifticon.objects.get(code=COFFEE).face_krw == 4_500
