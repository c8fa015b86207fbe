"""What campaigns tell the advertiser's own servers: states, reviews, budgets, and every confirmed participation exactly once."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advertisers import webhooks
from advertisers.models import WebhookEvent
from advertisers.webhooks import events
from campaigns import confirmed, services
from campaigns.models import Participation
from campaigns.services import outgoing
from tests import factories
from tests.advertisers.receivers import endpoint
from tests.campaigns.racing import together
from tests.campaigns.test_answers import begin
from tests.campaigns.test_invalidating import finish, invalidate

URL = "http://127.0.0.1:9/receiver/shop"
LATER = timedelta(minutes=5)


@pytest.fixture
def told(minji, minji_user, at):
    return endpoint(minji, minji_user, URL, at=at - timedelta(minutes=1)).endpoint


def said(type):
    return [event.data for event in WebhookEvent.objects.filter(type=type).order_by("pk")]


def confirmed_ids():
    return [item["id"] for data in said(events.CONFIRMED) for item in data["items"]]


def choose(row, wanted, by, *, at):
    webhooks.change(endpoint=row, name=row.name, url=row.url, wanted=wanted, by=by, at=at)


class TestACampaign:
    def test_tells_every_state_and_the_result_of_its_review(self, told, submit, operator, minji_user, at):
        campaign = services.approve(campaign=submit(), by=operator, at=at)
        services.pause(campaign=campaign, by=minji_user, at=at)
        number = str(campaign.public_id)
        moved = [(data["before"], data["state"]) for data in said(events.STATE_CHANGED)]
        assert moved == [
            ("", "SUBMITTED"), ("SUBMITTED", "APPROVED"), ("APPROVED", "SCHEDULED"), ("SCHEDULED", "RUNNING"), ("RUNNING", "PAUSED"),
        ]  # fmt: skip
        assert said(events.REVIEW_DECIDED) == [{"campaign": number, "version": 1, "result": "APPROVED"}]

    def test_tells_a_rejection_without_its_words(self, told, submitted, operator, at):
        services.reject(campaign=submitted, by=operator, at=at, reason="김민지 님의 사진이 보여요.")
        assert said(events.REVIEW_DECIDED) == [{"campaign": str(submitted.public_id), "version": 1, "result": "REJECTED"}]

    def test_tells_once_that_a_tenth_of_its_budget_is_left(self, told, launch, minji, at):
        campaign = launch(budget=100, daily_cap=100)
        for done in range(1, 11):
            finish(campaign, at)
            services.capture_due(campaign=campaign, at=at + LATER)
            assert len(said(events.BUDGET_LOW)) == (done >= 9)
        assert said(events.BUDGET_LOW) == [{"campaign": str(campaign.public_id), "budget": 100, "captured": 90}]

    def test_tells_what_was_invalidated(self, told, running, operator, at):
        _, number = finish(running, at)
        invalidate(running, [number], operator, at + LATER)
        assert said(events.INVALIDATED) == [{"campaign": str(running.public_id), "items": [{"id": str(number), "credits": 10}]}]

    def test_says_nothing_of_people(self, told, running, operator, at):
        member, number = finish(running, at)
        outgoing.tell_confirmed(at=at + LATER)
        invalidate(running, [number], operator, at + LATER)
        text = json.dumps(list(WebhookEvent.objects.values_list("data", flat=True)))
        row = Participation.objects.get()
        for secret in (row.person_key, row.device, member.user.phone, member.nickname, str(member.public_id)):
            assert secret
            assert secret not in text


class TestConfirmedParticipations:
    def test_are_told_in_parcels_each_exactly_once(self, told, running, at, monkeypatch):
        monkeypatch.setattr(outgoing, "PARCEL", 3)
        first = [str(finish(running, at)[1]) for _ in range(4)]
        assert outgoing.tell_confirmed(at=at + LATER) == 2
        assert outgoing.tell_confirmed(at=at + LATER) == 0
        second = [str(finish(running, at + timedelta(minutes=1))[1]) for _ in range(2)]
        assert outgoing.tell_confirmed(at=at + LATER) == 1
        assert sorted(confirmed_ids()) == sorted(first + second)
        assert [len(data["items"]) for data in said(events.CONFIRMED)] == [3, 1, 2]
        assert said(events.CONFIRMED)[0]["items"][0].keys() == {"id", "confirmed_at", "credits"}

    def test_wait_until_no_other_can_come_before_them(self, told, running, at):
        finish(running, at)  # confirmed 30 seconds later
        moment = at + timedelta(seconds=30)
        assert outgoing.tell_confirmed(at=moment + confirmed.SETTLES_AFTER - timedelta(milliseconds=1)) == 0
        assert outgoing.tell_confirmed(at=moment + confirmed.SETTLES_AFTER) == 1

    def test_from_before_somebody_asked_are_not_told(self, minji, minji_user, running, at):
        finish(running, at)
        endpoint(minji, minji_user, URL, at=at + timedelta(minutes=1))
        new = finish(running, at + timedelta(minutes=2))[1]
        outgoing.tell_confirmed(at=at + LATER)
        assert confirmed_ids() == [str(new)]

    def test_are_told_on_when_another_event_is_chosen(self, told, minji_user, running, at):
        first = finish(running, at)[1]
        choose(told, [events.CONFIRMED, events.CREDITS_LOW], minji_user, at=at + timedelta(minutes=1))
        outgoing.tell_confirmed(at=at + LATER)
        assert confirmed_ids() == [str(first)]
        second = finish(running, at + LATER)[1]
        choose(told, [events.CONFIRMED], minji_user, at=at + 2 * LATER)
        outgoing.tell_confirmed(at=at + 2 * LATER)
        assert confirmed_ids() == [str(first), str(second)]

    def test_from_while_nobody_asked_are_not_told(self, told, minji_user, running, at):
        choose(told, [events.CREDITS_LOW], minji_user, at=at)
        finish(running, at)
        choose(told, [events.CONFIRMED], minji_user, at=at + timedelta(minutes=1))
        new = finish(running, at + timedelta(minutes=2))[1]
        outgoing.tell_confirmed(at=at + LATER)
        assert confirmed_ids() == [str(new)]

    def test_of_those_who_did_not_ask_cost_one_query(self, minji, minji_user, running, at):
        finish(running, at)
        endpoint(minji, minji_user, URL, at=at, wanted=[events.CREDITS_LOW])
        with CaptureQueriesContext(connection) as asked:
            assert outgoing.tell_confirmed(at=at + LATER) == 0
        assert (len(asked) <= 2, WebhookEvent.objects.count()) == (True, 0)

    def test_confirming_writes_nothing_for_it(self, told, running, at):
        before = WebhookEvent.objects.count()
        member = factories.MemberFactory()
        token = begin(member, running, at)
        services.open_landing(member=member.pk, token=token, at=at)
        services.confirm(member=member.pk, token=token, beats=2, at=at + timedelta(seconds=30))
        assert WebhookEvent.objects.count() == before

    def test_two_clocks_at_once_tell_each_once(self, transactional_db, minji, minji_user, launch, at):
        endpoint(minji, minji_user, URL, at=at - timedelta(minutes=1))
        campaign = launch()
        expected = sorted(str(finish(campaign, at)[1]) for _ in range(6))
        together([lambda: outgoing.tell_confirmed(at=at + LATER)] * 4)
        assert sorted(confirmed_ids()) == expected

    def test_without_the_lock_on_the_place_two_clocks_would_meet_in_one_parcel(self, told, running, at):
        """The negative control: both read the same place, and the key of the parcel is all that is left."""
        finish(running, at)
        outgoing.tell_confirmed(at=at + LATER)
        outgoing.ToldConversions.objects.update(confirmed_at=at - LATER)
        assert outgoing.tell_confirmed(at=at + LATER) == 1
        assert len(said(events.CONFIRMED)) == 1
