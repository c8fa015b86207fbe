"""Where people leave while they sign up: counted by step, kind and week, without a word about anybody."""

from datetime import date

import pytest

from advertisers.models import SignupStepCount
from advertisers.signup import steps
from backoffice import rights, signup_steps
from tests.backoffice.pressing import at, count_queries

WEDNESDAY = date(2026, 11, 25)


def count(day, kind="PERSONAL", **finished):
    for step, number in finished.items():
        SignupStepCount.objects.create(day_on=day, kind=kind, step=step, finished=number)


@pytest.mark.django_db
class TestTheFunnel:
    def test_s_30_adds_up_days_of_a_week_and_says_who_left(self):
        count(date(2026, 11, 23), consents=30, phone=20, identity=12, account=10)
        count(WEDNESDAY, consents=10, phone=10, identity=9, account=8)
        count(date(2026, 11, 22), consents=5, phone=1)
        personal = signup_steps.funnels(on=WEDNESDAY)[0]
        this, last = personal.weeks[:2]
        assert (this.monday, last.monday, len(personal.weeks)) == (date(2026, 11, 23), date(2026, 11, 16), signup_steps.WEEKS)
        assert [(step.count, step.left) for step in this.reached] == [(40, None), (30, 25), (21, 30), (18, 14)]
        assert (this.through, [step.count for step in last.reached], last.through) == (45, [5, 1, 0, 0], 0)
        assert ([step.count for step in personal.total.reached], personal.total.through) == ([45, 31, 21, 18], 40)

    def test_s_30_keeps_the_kinds_apart_and_knows_every_step(self):
        count(WEDNESDAY, consents=4)
        count(WEDNESDAY, kind="BUSINESS", consents=3, papers=2, account=1)
        personal, business = signup_steps.funnels(on=WEDNESDAY)
        assert (personal.label, personal.total.reached[0].count, business.label) == ("개인", 4, "사업자")
        assert [step.count for step in business.total.reached] == [3, 0, 0, 0, 2, 1]
        assert len(business.titles) == len(steps.STEPS["BUSINESS"])

    def test_forgets_weeks_that_are_long_over(self):
        count(date(2026, 9, 1), consents=9)
        assert signup_steps.funnels(on=WEDNESDAY)[0].total.through is None


class TestThePage:
    def test_s_30_shows_both_kinds_to_those_who_see_people(self, desk):
        page = desk(rights.SUPPORT).get(at("signup-steps"))
        assert page.status_code == 200
        assert "개인 회원가입" in page.text
        assert "사업자등록증" in page.text
        assert desk(rights.CONTENT).get(at("signup-steps")).status_code == 403

    def test_asks_as_many_questions_for_many_days_as_for_none(self, desk):
        client = desk(rights.SUPPORT)
        none = count_queries(client, at("signup-steps"))
        count(WEDNESDAY, consents=4)
        count(date(2026, 11, 24), consents=4)
        assert count_queries(client, at("signup-steps")) == none
