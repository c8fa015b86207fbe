"""Missions of several steps: one unit held at the full price, every verified step captured and paid, never more than the unit."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from campaigns import progress, services
from campaigns.models import BudgetSlot, Campaign, EarnedStep, Evidence, Participation
from campaigns.services import budget
from credits import proof
from credits import selectors as credits
from credits.models import Entry
from tests import factories
from tests.campaigns import writing
from tests.campaigns.examples import STEPS
from tests.campaigns.photographs import photograph
from tests.campaigns.racing import function_changed, tally, together
from tests.campaigns.test_answers import begin
from tests.campaigns.test_pictures import _a_place_for_files  # noqa: F401 (a fixture for every test here)
from tests.signing_in import browser

LATER = timedelta(minutes=5)


@pytest.fixture
def mission(launch):
    return launch(type="STEPS", budget=1_000, daily_cap=1_000)


def word(member, token, at, text="민지네 커피", step=1):
    return services.send_step(member=member.pk, token=token, step=step, text=text, at=at)


def picture(member, token, at, number=1, step=2):
    return services.send_step(member=member.pk, token=token, step=step, upload=photograph(number), at=at)


def decide(operator, at, *, is_fine=True):
    waiting = Evidence.objects.get(verdict="WAITING")
    return services.decide_evidence(evidence=waiting, is_fine=is_fine, by=operator, at=at, reason="" if is_fine else "화면이 달라요.")


def counted(campaign):
    rows = BudgetSlot.objects.filter(campaign=campaign).order_by("day_on")
    return [(row.taken, row.returned, row.confirmed, row.confirmed_credits, row.part_credits, row.step_tickets) for row in rows]


class TestEarning:
    def test_each_step_is_captured_and_paid_and_the_last_ends_it(self, mission, minji, suji, operator, at):
        token = begin(suji, mission, at)
        first = word(suji, token, at + LATER)
        assert (first.state, first.is_new, credits.member_tickets(suji.pk)) == ("STARTED", True, 2)
        assert counted(mission) == [(1, 0, 0, 100, 100, 2)]
        assert services.capture_due(campaign=mission, at=at + LATER) == 100
        assert (credits.balance(minji).held, proof.run().differences) == (900, [])
        assert picture(suji, token, at + LATER).state == "CHECKING"
        decide(operator, at + LATER)
        row = Participation.objects.get()
        assert (row.state, row.price, row.tickets, credits.member_tickets(suji.pk)) == ("REWARDED", 400, 7, 7)
        assert counted(mission) == [(1, 0, 1, 400, 0, 7)]
        assert services.capture_due(campaign=mission, at=at + LATER) == 300
        both = [
            {posting.account.kind: posting.amount for posting in entry.postings.select_related("account")}
            for entry in Entry.objects.filter(kind="CAPTURE").order_by("pk")
        ]
        assert both == [{"HELD": -100, "REWARD_COST": 20, "REVENUE": 80}, {"HELD": -300, "REWARD_COST": 50, "REVENUE": 250}]

    def test_a_wrong_word_pays_nothing_and_three_end_it_with_the_place_back(self, mission, suji, at):
        token = begin(suji, mission, at)
        for left in (2, 1):
            with pytest.raises(services.WrongAnswer) as refused:
                word(suji, token, at + LATER, "이브 커피")
            assert refused.value.context == {"tries_left": left}
        with pytest.raises(services.TriesUsedUp):
            word(suji, token, at + LATER, "이브 커피")
        assert (Participation.objects.get().state, counted(mission)) == ("REFUSED", [(1, 1, 0, 0, 0, 0)])
        assert EarnedStep.objects.count() == 0

    def test_a_step_waits_for_the_one_before_unless_they_are_free(self, mission, launch, suji, at):
        with pytest.raises(services.StepEarly):
            picture(suji, begin(suji, mission, at), at + LATER)
        assert (Evidence.objects.count(), counted(mission)) == (0, [(1, 0, 0, 0, 0, 0)])

    def test_free_steps_are_sent_in_any_order_while_another_waits(self, submit, operator, suji, at):
        campaign = services.approve(campaign=submit(type="STEPS", details={**STEPS, "order": "FREE"}), by=operator, at=at)
        token = begin(suji, campaign, at)
        assert picture(suji, token, at + LATER).state == "CHECKING"
        assert word(suji, token, at + LATER).state == "CHECKING"
        assert [one.state for one in progress.of(campaign, token.participation, at=at)] == ["EARNED", "WAITING"]
        decide(operator, at + LATER)
        assert counted(campaign) == [(1, 0, 1, 400, 0, 7)]

    def test_a_refused_picture_may_be_sent_again_and_the_reason_is_shown(self, mission, suji, operator, at):
        token = begin(suji, mission, at)
        word(suji, token, at + LATER)
        picture(suji, token, at + LATER)
        decide(operator, at + LATER, is_fine=False)
        second = progress.of(mission, token.participation, at=at + LATER)[1]
        assert (second.state, second.reason, second.tries_left) == ("OPEN", "화면이 달라요.", 2)
        picture(suji, token, at + LATER, number=2)
        decide(operator, at + LATER)
        assert Participation.objects.get().state == "REWARDED"

    def test_the_third_refusal_ends_it_for_what_was_earned(self, mission, suji, operator, at):
        token = begin(suji, mission, at)
        word(suji, token, at + LATER)
        for number in (1, 2, 3):
            picture(suji, token, at + LATER, number=number)
            decide(operator, at + LATER, is_fine=False)
        row = Participation.objects.get()
        assert (row.state, row.price, row.tickets, counted(mission)) == ("REWARDED", 100, 2, [(1, 0, 1, 100, 0, 2)])

    def test_one_picture_serves_one_step(self, submit, operator, suji, at):
        steps = [{**STEPS["steps"][1], "credits": 200}, STEPS["steps"][1]]
        details = {**STEPS, "order": "FREE", "steps": steps}
        campaign = services.approve(campaign=submit(type="STEPS", details=details), by=operator, at=at)
        token = begin(suji, campaign, at)
        picture(suji, token, at + LATER, step=1)
        with pytest.raises(services.PictureUsed):
            picture(suji, token, at + LATER, step=2)

    def test_sending_a_step_again_returns_the_same(self, mission, suji, at):
        token = begin(suji, mission, at)
        word(suji, token, at + LATER)
        again = word(suji, token, at + LATER, "무엇이든")
        assert (again.is_new, EarnedStep.objects.count(), credits.member_tickets(suji.pk)) == (False, 1, 2)

    @pytest.mark.parametrize("step", [0, 3, 19])
    def test_there_are_only_the_declared_steps(self, mission, suji, at, step):
        with pytest.raises(services.StepUnknown):
            word(suji, begin(suji, mission, at), at, step=step)


class TestTheEnd:
    def test_what_was_earned_stays_when_the_time_runs_out_and_the_rest_is_poured_again(self, launch, at):
        campaign = launch(type="STEPS", budget=800, daily_cap=800)
        for member in (factories.MemberFactory(), factories.MemberFactory()):
            word(member, begin(member, campaign, at), at + LATER)
        with pytest.raises(services.MissionSoldOut):
            begin(factories.MemberFactory(), campaign, at)
        late = at + timedelta(days=8)
        assert services.expire(campaign=campaign, at=late) == 2
        assert counted(campaign) == [(2, 0, 2, 200, 0, 4)]
        assert budget.used_units(campaign) == 1  # 600 credits were not earned: they buy one more
        assert services.pour(campaign=campaign, on=late.date(), at=late) == 1
        member = factories.MemberFactory()
        begin(member, campaign, late)
        assert proof.run().differences == []

    def test_settling_keeps_the_price_of_what_runs_and_gives_the_rest_back(self, mission, minji, minji_user, suji, operator, at):
        token = begin(suji, mission, at)
        word(suji, token, at + LATER)
        services.end(campaign=mission, by=minji_user, at=at + LATER)
        services.settle(campaign=mission, at=at + LATER)
        mission.refresh_from_db()
        assert (mission.state, mission.captured_credits, credits.balance(minji).held) == ("ENDED", 100, 300)
        assert services.expire(campaign=mission, at=at + timedelta(days=8)) == 1
        settled = services.settle(campaign=mission, at=at + timedelta(days=8))
        assert (settled.state, settled.captured_credits, settled.captured_tickets) == ("SETTLED", 100, 2)
        assert (credits.balance(minji).held, credits.balance(minji).available) == (0, 900)

    def test_nothing_earned_gives_the_place_back(self, mission, suji, at):
        begin(suji, mission, at)
        assert services.expire(campaign=mission, at=at + timedelta(days=8)) == 1
        assert (Participation.objects.get().state, counted(mission)) == ("EXPIRED", [(1, 1, 0, 0, 0, 0)])


class TestSubmission:
    @pytest.mark.parametrize(("unit_price", "tickets"), [(399, 7), (401, 7), (400, 6), (400, 8)])
    def test_the_steps_make_up_the_whole(self, submit, minji, unit_price, tickets):
        with pytest.raises(services.StepsDoNotAddUp, match="400크레딧에 티켓 7장"):
            submit(type="STEPS", unit_price=unit_price, tickets=tickets)
        assert credits.balance(minji).held == 0

    def test_no_step_is_cheaper_than_its_tickets(self, submit, minji):
        steps = [{**STEPS["steps"][0], "tickets": 11}, STEPS["steps"][1]]
        with pytest.raises(services.StepBelowReward, match="1번 단계"):
            submit(type="STEPS", details={**STEPS, "steps": steps})
        assert credits.balance(minji).held == 0


WRITES_ONCE = ("AND e.verdict NOT IN ('FAILED', 'REFUSED')) THEN\n    code := 'KNOWN'", "AND false) THEN\n    code := 'KNOWN'")


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def send_together(self, mission, member, at):
        token = begin(member, mission, at)
        return tally(together([lambda: word(member, token, at + LATER).is_new or None] * 6))

    def test_one_step_sent_six_times_at_once_is_earned_once(self, mission, suji, at):
        token = begin(suji, mission, at)
        new = together([lambda: word(suji, token, at + LATER).is_new] * 6)
        assert sorted(new) == [False] * 5 + [True]
        assert (credits.member_tickets(suji.pk), counted(mission)) == (2, [(1, 0, 0, 100, 100, 2)])

    def test_without_the_look_under_the_lock_the_database_still_refuses_the_second(self, mission, suji, at):
        token = begin(suji, mission, at)
        with function_changed("campaigns_send_step", WRITES_ONCE):
            outcomes = tally(together([lambda: word(suji, token, at + LATER)] * 6))
        assert outcomes == {"won": 1, "IntegrityError": 5}
        assert (credits.member_tickets(suji.pk), EarnedStep.objects.count()) == (2, 1)

    def test_a_decision_and_the_sweeper_at_once_end_it_once(self, mission, suji, operator, at):
        token = begin(suji, mission, at)
        word(suji, token, at + LATER)
        picture(suji, token, at + LATER)
        waiting, late = Evidence.objects.get(verdict="WAITING"), at + timedelta(days=30)

        def look(fine):
            return services.decide_evidence(evidence=waiting, is_fine=fine, by=operator, at=late, reason="화면이 달라요.")

        outcomes = tally(together([lambda: look(True), lambda: look(False), lambda: services.expire(campaign=mission, at=late)]))
        assert outcomes == {"won": 2, "evidence.decided": 1}
        services.expire(campaign=mission, at=late + timedelta(days=9))
        row = Participation.objects.get()
        assert (row.state, row.price) in (("REWARDED", 400), ("REWARDED", 100))
        assert proof.run().differences == []

    @pytest.mark.tampers
    def test_the_proof_names_a_step_that_was_earned_twice_over(self, mission, suji, at):
        word(suji, begin(suji, mission, at), at + LATER)
        more = ("IF v.credits > p.price THEN", "IF false THEN")
        token = begin(other := factories.MemberFactory(), mission, at)
        with function_changed(
            "campaigns_earn_step", more, ("p_credits, p_tickets, v_entry, p_at);", "p_credits * 9, p_tickets, v_entry, p_at);")
        ):
            word(other, token, at + LATER)
        assert any("I7" in line for line in proof.run(["I7"]).differences)
        with transaction.atomic():
            BudgetSlot.objects.all().update(part_credits=0)


class TestTheWizard:
    def test_draws_a_row_for_each_step_and_says_when_they_do_not_make_up_the_whole(self, minji_user, at):
        client = browser(minji_user)
        with time_machine.travel(at, tick=False):
            draft = writing.begin(client, type="STEPS")
            details = {"details-order": "FREE", "details-checker": "ADVERTISER"}
            for number, step in enumerate(STEPS["steps"]):
                details |= {f"details-steps-{number}-{name}": value for name, value in step.items()}
            design = {name: value for name, value in writing.ANSWERS["design"].items() if name != "details-dwell_seconds"}
            assert client.post(writing.url(draft, "design"), {**design, **details, "version": "1", "tab": "t"}).status_code == 302
            assert writing.press(client, draft, "reward", tickets="7").status_code == 302
            refused = writing.press(client, draft, "credit", unit_price="300", budget="600", daily_cap="600")
            assert (refused.status_code, refused.context["form"].errors["unit_price"]) == (
                422, ["단계를 모두 더하면 400크레딧에 티켓 7장이에요. 참여 1건 단가와 티켓을 같게 적어 주세요."],
            )  # fmt: skip
            assert writing.press(client, draft, "credit", unit_price="400", budget="800", daily_cap="800").status_code == 302
            assert writing.press(client, draft, "setting").status_code == 302
            writing.submit(client, draft)
        campaign = Campaign.objects.get()
        assert [(part.title, part.credits, part.tickets) for part in progress.parts_of(campaign)] == [
            ("가게 이름 찾기", 100, 2), ("장바구니 담기", 300, 5),
        ]  # fmt: skip
