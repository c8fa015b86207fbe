"""
Every deed in every state, by the service, by the page and by the API: what the state does not allow is refused, and nothing is written.
"""

from datetime import timedelta

import pytest
import time_machine

from campaigns import services
from campaigns.models import State
from common.errors import DomainError
from common.kst import SEOUL
from tests.campaigns.test_locks import BEFORE_APPROVAL, LIVE, OVER, STATES, everything, put  # noqa: F401 (put is a fixture)
from tests.signing_in import browser

KEY = "00000000-0000-4000-8000-00000000000c"
# What the design says: in which states each deed may be done, by the team and by operators.
MAY = {
    "pause": (State.RUNNING,),
    "resume": (State.PAUSED,),
    "end": LIVE,
    "withdraw": (State.SUBMITTED, State.CHANGES_ASKED, State.SCHEDULED),
    "appeal": (State.REJECTED,),
    "raise": (State.SCHEDULED, *LIVE),
    "extend": (State.SCHEDULED, *LIVE),
    "approve": (State.SUBMITTED,),
    "reject": (State.SUBMITTED,),
    "ask_changes": (State.SUBMITTED,),
    "lock": tuple(state for state in STATES if state not in OVER),
}
TEAM = ("pause", "resume", "end", "withdraw", "appeal", "raise", "extend")
WHY = "다시 봐 주세요."


@pytest.fixture
def do(minji_user, operator, at):
    """Do a deed by its service."""

    def do(deed, campaign):
        ours, theirs = {"campaign": campaign, "by": minji_user, "at": at}, {"campaign": campaign, "by": operator, "at": at}
        match deed:
            case "raise":
                services.raise_budget(**ours, credits=10, key=KEY)
            case "extend":
                services.extend(**ours, ends_at=campaign.ends_at + timedelta(days=1))
            case "appeal":
                services.appeal(**ours, text=WHY)
            case "approve":
                services.approve(**theirs)
            case "reject" | "ask_changes" | "lock":
                getattr(services, deed)(**theirs, reason=WHY)
            case _:
                getattr(services, deed)(**ours)

    return do


def pairs(*, legal, deeds=tuple(MAY)):
    return [(state, deed) for state in STATES for deed in deeds if (state in MAY[deed]) == legal]


def body(deed, campaign):
    later = (campaign.ends_at + timedelta(days=1)).astimezone(SEOUL)
    return {
        "raise": {"credits": 10, "key": KEY},
        "appeal": {"text": WHY},
        "extend": {"ends_at": later.strftime("%Y-%m-%dT%H:%M")},
    }.get(deed, {})


def address(deed):
    return "raise-budget" if deed == "raise" else deed


@pytest.mark.parametrize(("state", "deed"), pairs(legal=True))
def test_adv_21_what_a_state_allows_is_done(put, do, state, deed):  # noqa: F811
    campaign = put(state)
    before = everything()
    do(deed, campaign)
    assert everything() != before


@pytest.mark.parametrize("state", STATES)
class TestWhatAStateDoesNotAllow:
    def test_adv_21_is_refused_by_the_service(self, put, do, state):  # noqa: F811
        campaign = put(state)
        before = everything()
        for _, deed in [pair for pair in pairs(legal=False) if pair[0] == state]:
            with pytest.raises(DomainError) as refused:
                do(deed, campaign)
            assert refused.value.http_status in (404, 409, 422), deed
            assert everything() == before, deed

    def test_adv_21_is_refused_by_the_page_and_by_the_api(self, put, minji_user, at, state):  # noqa: F811
        campaign, client = put(state), browser(minji_user)
        before = everything()
        with time_machine.travel(at, tick=False):
            for _, deed in [pair for pair in pairs(legal=False, deeds=TEAM) if pair[0] == state]:
                answer = client.post(f"/campaigns/{campaign.public_id}/{address(deed)}/", body(deed, campaign))
                assert answer.status_code in (302, 422), deed
                assert everything() == before, deed
                if deed == "extend":
                    continue  # the API extends by an edit: tests/campaigns/test_locks.py
                answer = client.post(
                    f"/api/v1/campaigns/{campaign.public_id}/{address(deed)}",
                    body(deed, campaign) if deed == "appeal" else {"credits": 10},
                    content_type="application/json",
                    headers={"Idempotency-Key": f"deed-{deed}-0001"},
                )
                assert answer.status_code in (409, 422), deed
                assert everything() == before, deed


def test_the_table_names_every_state_in_which_something_may_be_done():
    assert {state for states in MAY.values() for state in states} == {*BEFORE_APPROVAL, State.SCHEDULED, *LIVE}
