"""Too little, in either unit: one code, one status, one shape, a Korean sentence, and no row left behind."""

import json
from datetime import timedelta

import pytest
from django.db import transaction

from campaigns.models import Campaign
from common import refusals
from common.models import Effect
from credits import services as credits
from tests.campaigns.writing import submit, write
from tests.credits.book import nothing_written
from tests.signing_in import browser


@pytest.fixture
def refused(minji, suji, at):
    """The refusal of each unit: Minji has 1,000 credits, Suji 2 tickets."""
    with transaction.atomic():
        credits.grant(member_id=suji.pk, amount=2, kind="ISSUED", key="g", at=at)
    found = {}
    with nothing_written():
        with pytest.raises(credits.InsufficientCredits) as refusal, transaction.atomic():
            credits.place_hold(advertiser=minji, credits=1_300, subject="campaign:1", subject_label="봄", key="h", at=at)
        found["CREDIT"] = refusal.value
        with pytest.raises(credits.InsufficientCredits) as refusal, transaction.atomic():
            credits.spend(member_id=suji.pk, amount=5, kind="RAFFLE", key="s", at=at)
        found["TICKET"] = refusal.value
    return found


class TestTheRefusal:
    def test_is_the_same_kind_of_answer_for_credits_and_tickets(self, refused):
        answers = {unit: refusals.of(refusal) for unit, refusal in refused.items()}
        assert {unit: answer.status_code for unit, answer in answers.items()} == {"CREDIT": 409, "TICKET": 409}
        assert {unit: json.loads(answer.content) for unit, answer in answers.items()} == {
            "CREDIT": {
                "code": "credits.insufficient",
                "message": "크레딧이 300만큼 부족해요.",
                "detail": {"unit": "CREDIT", "shortfall": 300},
            },
            "TICKET": {"code": "credits.insufficient", "message": "티켓이 3장 부족해요.", "detail": {"unit": "TICKET", "shortfall": 3}},
        }

    def test_leaves_the_key_free_for_the_same_intent_later(self, refused, minji, suji, at):
        with transaction.atomic():
            credits.grant_bonus(advertiser=minji, credits=300, key="b", at=at)
            hold = credits.place_hold(advertiser=minji, credits=1_300, subject="campaign:1", subject_label="봄", key="h", at=at)
            credits.grant(member_id=suji.pk, amount=3, kind="ISSUED", key="g2", at=at)
            entry = credits.spend(member_id=suji.pk, amount=5, kind="RAFFLE", key="s", at=at)
        assert (hold.open, entry.kind) == (1_300, "TICKET_SPEND")


class TestTheDoors:
    """A campaign for 5,000 credits, from somebody who has 1,000."""

    @pytest.fixture(autouse=True)
    def now(self, at, time_machine_at):
        time_machine_at(at)

    @staticmethod
    def assert_nothing_else_was_written():
        assert not Campaign.objects.exists()
        assert not Effect.objects.exists()

    def test_of_the_api_say_so_in_json(self, minji_user, at):
        spec = {
            "type": "VISIT",
            "design": {"title": "너무 큰 캠페인", "body": "", "landing_url": "https://coffee.example.com/"},
            "details": {"dwell_seconds": 10},
            "reward": {"tickets": 1},
            "credit": {"unit_price": 10, "budget": 5_000, "daily_cap": 5_000},
            "setting": {"starts_at": at.isoformat(), "ends_at": (at + timedelta(days=3)).isoformat()},
        }
        visitor = browser(minji_user)
        with nothing_written():
            answer = visitor.post(
                "/api/v1/campaigns", data=json.dumps(spec), content_type="application/json", headers={"Idempotency-Key": "intent-0001"}
            )
        assert answer.status_code == 409
        assert answer.json() == {
            "code": "credits.insufficient",
            "message": "크레딧이 4,000만큼 부족해요.",
            "detail": {"unit": "CREDIT", "shortfall": 4_000},
        }
        self.assert_nothing_else_was_written()

    def test_of_the_last_page_of_the_wizard_say_so(self, minji_user):
        visitor = browser(minji_user)
        draft = write(visitor, budget="5000", daily_cap="5000")
        with nothing_written():
            answer = submit(visitor, draft)
        assert answer.status_code == 422
        assert "크레딧이 4,000만큼 부족해요." in answer.content.decode()
        self.assert_nothing_else_was_written()
