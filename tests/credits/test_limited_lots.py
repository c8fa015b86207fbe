"""Credits that only some types of campaign may use (BC-16): the order of use respects it, the balance of a campaign's page too."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from credits import selectors
from credits import services as credits
from credits.models import Lot
from credits.services import InsufficientCredits
from tests.credits.book import nothing_written, parts


def give(advertiser, amount, *types, at, days=30, key="bonus"):
    """A bonus for these types of campaign only; without one, for all."""
    with transaction.atomic():
        credits.grant_bonus(
            advertiser=advertiser, credits=amount, key=key, at=at, campaign_types=types, expires_at=at + timedelta(days=days)
        )
    return Lot.objects.order_by("pk").last()


def hold(advertiser, amount, campaign_type, *, at, key="hold"):
    with transaction.atomic():
        return credits.place_hold(
            advertiser=advertiser, credits=amount, subject="campaign:x", subject_label="캠페인", key=key, at=at, campaign_type=campaign_type
        )


class TestALotForSomeTypes:
    def test_is_used_first_by_a_campaign_of_its_type(self, minji, at):
        quiz = give(minji, 300, "QUIZ", at=at)
        hold(minji, 400, "QUIZ", at=at)
        quiz.refresh_from_db()
        assert parts(quiz) == {"granted": 300, "held": 300}

    def test_is_left_alone_by_every_other(self, minji, at):
        quiz = give(minji, 300, "QUIZ", at=at)
        hold(minji, 1_000, "VISIT", at=at)
        quiz.refresh_from_db()
        assert parts(quiz) == {"granted": 300, "available": 300}

    @pytest.mark.parametrize("campaign_type", ["VISIT", ""])
    def test_does_not_fill_the_gap_of_another_type(self, minji, at, campaign_type):
        give(minji, 300, "QUIZ", at=at)
        with nothing_written(), pytest.raises(InsufficientCredits) as refusal:
            hold(minji, 1_001, campaign_type, at=at)
        assert refusal.value.context["shortfall"] == 1

    def test_may_name_several_types(self, minji, at):
        lot = give(minji, 300, "QUIZ", "SURVEY", at=at)
        hold(minji, 100, "SURVEY", at=at, key="one")
        hold(minji, 100, "QUIZ", at=at, key="two")
        lot.refresh_from_db()
        assert (lot.campaign_types, lot.held) == (["QUIZ", "SURVEY"], 200)

    def test_keeps_the_order_of_use_among_those_that_suit(self, minji, at):
        late, early = give(minji, 100, "QUIZ", at=at, days=20, key="late"), give(minji, 100, at=at, days=10, key="early")
        hold(minji, 150, "QUIZ", at=at)
        late.refresh_from_db()
        early.refresh_from_db()
        assert (early.held, late.held) == (100, 50)

    def test_a_raise_may_use_it_only_for_its_type(self, minji, at):
        quiz, placed = give(minji, 300, "QUIZ", at=at), hold(minji, 1_000, "VISIT", at=at)
        with pytest.raises(InsufficientCredits), transaction.atomic():
            credits.raise_hold(hold=placed, credits=1, key="raise:1", at=at, campaign_type="VISIT")
        with transaction.atomic():
            credits.raise_hold(hold=placed, credits=1, key="raise:2", at=at, campaign_type="QUIZ")
        quiz.refresh_from_db()
        assert quiz.held == 1

    def test_is_charged_and_given_back_like_any_other(self, minji, at):
        quiz, placed = give(minji, 300, "QUIZ", at=at), hold(minji, 400, "QUIZ", at=at)
        with transaction.atomic():
            credits.capture(hold=placed, credits=200, reward_cost=50, key="capture", at=at)
            credits.release(hold=placed, credits=200, key="release", at=at)
        quiz.refresh_from_db()
        assert parts(quiz) == {"granted": 300, "used": 200, "available": 100}

    def test_counts_only_for_its_type_in_the_balance_of_a_campaign(self, minji, at):
        give(minji, 300, "QUIZ", at=at)
        seen = {kind: selectors.balance(minji, campaign_type=kind).available for kind in ("QUIZ", "VISIT", "")}
        assert seen == {"QUIZ": 1_300, "VISIT": 1_000, "": 1_000}
        assert selectors.balance(minji).available == 1_300

    def test_is_never_a_paid_one(self, minji):
        with pytest.raises(IntegrityError, match="credits_lot_paid_is_for_every_campaign"), transaction.atomic():
            Lot.objects.filter(kind="PAID").update(campaign_types=["QUIZ"])
