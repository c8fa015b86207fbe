"""Projections worked out again from the postings equal the live ones; where somebody changed a row, it is named and can be put right."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bench import breakages
from credits import services as credits
from credits.models import HoldPart, Lot
from tests.credits.book import everything, nothing_written


@pytest.fixture
def busy(minji, bonus, hold, at):
    """A book with a little of everything: captured, released, frozen, reclaimed, unfrozen, adjusted, reversed, expired."""
    facts = {"advertiser": minji, "order_id": "minji-order", "bonus": 0, "promotion": 0, "at": at}
    with transaction.atomic():
        charged = credits.capture(hold=hold, credits=120, reward_cost=20, key="c", at=at)
        credits.capture(hold=hold, credits=30, reward_cost=0, key="c2", at=at)
        credits.release(hold=hold, credits=80, key="r", at=at)
        credits.reverse(entry=charged, key="rev", at=at, actor="operator", reason="잘못 차감")
        credits.freeze_for_refund(credits=200, subject="refund:1", key="f", **facts)
        credits.reclaim(credits=120, gateway="portone", key="rc", subject="refund:1", **facts)
        credits.unfreeze(credits=80, key="u", subject="refund:1", **facts)
        credits.adjust(advertiser=minji, credits=50, key="a", at=at, actor="operator", reason="사과")
        credits.adjust(advertiser=minji, credits=-20, key="a2", at=at, actor="operator", reason="되돌림")
        owed = {"order_id": "minji-order", "credits": 2_000, "bonus": 0, "promotion": 0, "gateway": "portone"}
        credits.reclaim_unrequested(advertiser=minji, **owed, key="gone", at=at, actor="operator", reason="결제사에서 취소")
        credits.top_up(advertiser=minji, credits=500, order_id="minji-later", gateway="portone", key="later", at=at)
        credits.settle_claim(
            advertiser=minji, credits=90, way=credits.Way.CREDITS, key="claim", at=at, actor="operator", reason="남은 크레딧으로 갚음"
        )
        credits.expire_lots(at=at + timedelta(days=4_000), advertiser=minji)


def restate(*arguments):
    said = StringIO()
    try:
        call_command("restate", *arguments, stdout=said)
    except CommandError as red:
        return red.returncode, said.getvalue()
    return 0, said.getvalue()


@pytest.mark.usefixtures("busy")
class TestRestate:
    def test_equals_the_live_rows(self):
        with nothing_written():
            assert credits.stale_projections() == []
            assert restate() == (0, "Every balance, lot and hold equals its postings\n")
            assert restate("--write") == (0, "Restated 0 rows\n")

    @pytest.mark.tampers
    @pytest.mark.parametrize("break_it", [breakages.a_balance_raised, breakages.a_charge_forgotten, breakages.a_share_of_a_lot_freed])
    def test_finds_and_repairs_what_somebody_changed(self, break_it):
        before = everything()
        break_it(breakages.Owner(connection))
        code, said = restate()
        assert code == 1
        assert said.startswith(("credits_account", "credits_hold ", "credits_holdpart"))
        assert restate("--write")[0] == 0
        assert everything() == before

    @pytest.mark.tampers
    def test_names_the_lot_and_both_figures(self):
        lot = Lot.objects.get(kind="PAID", order_id="minji-order")
        before = everything()
        breakages.Owner(connection).change(
            f"UPDATE credits_lot SET used = used - 10, returned = returned + 10 WHERE id = {lot.pk} RETURNING id"
        )
        stale = credits.stale_projections()
        assert stale == [f"credits_lot {lot.pk}: used {lot.used - 10} → {lot.used}, returned {lot.returned + 10} → {lot.returned}"]
        with transaction.atomic():
            assert credits.restate() == stale
        assert everything() == before

    def test_refuses_to_write_outside_a_transaction(self, transactional_db):
        with pytest.raises(RuntimeError):
            credits.restate()

    def test_covers_every_hold_part(self):
        assert HoldPart.objects.count() >= 2
