"""Prices by type and option, as dated rows."""

from datetime import timedelta

import pytest

from campaigns import pricing, types
from common import dated
from tests.campaigns.examples import EXAMPLES

pytestmark = pytest.mark.django_db
VISIT = types.get("VISIT")


def test_every_type_has_a_table_that_operators_can_change():
    assert {f"campaigns.price.{declared.key}" for declared in types.all_types()} <= set(dated.defined())


@pytest.mark.parametrize("key", sorted(EXAMPLES))
def test_extras_raise_the_lowest_and_the_suggested_price(key, at):
    declared = types.get(key)
    plain, chosen = pricing.price_of(declared, None, at=at), pricing.price_of(declared, declared.read(EXAMPLES[key].details), at=at)
    assert (plain.lowest, plain.extras) == (plain.base, ())
    assert chosen.lowest == chosen.base + sum(extra.credits for extra in chosen.extras)
    assert chosen.lowest <= chosen.suggested <= chosen.highest


@pytest.mark.parametrize(("seconds", "lowest"), [(5, 10), (30, 10), (31, 15), (60, 15), (61, 20), (300, 55)])
def test_a_longer_stay_costs_more(seconds, lowest, at):
    price = pricing.price_of(VISIT, VISIT.read({"dwell_seconds": seconds}), at=at)
    assert (price.lowest, [extra.label for extra in price.extras]) == (lowest, ["30초를 넘는 30초마다"] if lowest > 10 else [])


def test_a_dated_row_replaces_its_figures_from_its_moment_on_and_leaves_the_rest(operator, at):
    later = at + timedelta(days=1)
    dated.change(name="campaigns.price.VISIT", value={"lowest": 40}, effective_from=later, reason="새 단가표", by_id=operator.pk, at=at)
    details = VISIT.read({"dwell_seconds": 60})
    assert pricing.price_of(VISIT, details, at=at).lowest == 15
    after = pricing.price_of(VISIT, details, at=later)
    assert (after.base, after.lowest, after.suggested) == (40, 45, 105)


@pytest.mark.parametrize("unit_price", [14, 100_001])
def test_a_price_outside_is_refused_with_the_bounds(unit_price, at):
    details = VISIT.read({"dwell_seconds": 60})
    with pytest.raises(pricing.PriceOutsideType, match="15크레딧부터 100,000크레딧까지"):
        pricing.refuse_outside(VISIT, details, unit_price=unit_price, at=at)
    pricing.refuse_outside(VISIT, details, unit_price=15, at=at)
