"""QUIZ and SURVEY: what members send in is judged at once."""

from datetime import timedelta

import pytest

from campaigns import services, tokens
from campaigns.models import BudgetSlot, Evidence, FraudSignal, Participation
from campaigns.services import participation as part
from campaigns.types.quiz import QuizFields, variant_for
from campaigns.types.survey import SurveyFields
from common.models import DatedSetting
from credits import proof
from credits import selectors as credits
from credits.models import Entry
from rewards.persons import member_key
from tests import factories
from tests.campaigns.conftest import DEVICE
from tests.campaigns.examples import QUIZ
from tests.campaigns.racing import CLIENTS, function_changed, tally, together

ANSWERS = [{"picked": [1]}, {"picked": [1, 3]}, {"text": "자리가 더 있으면 좋겠어요."}]


@pytest.fixture
def quiz(launch):
    return launch(type="QUIZ", unit_price=50, budget=500)


@pytest.fixture
def survey(launch):
    return launch(type="SURVEY", unit_price=50, budget=500)


def begin(member, campaign, at, device=DEVICE):
    taking = services.start(member=member.pk, campaign=campaign.public_id, device=device, at=at)
    return tokens.read(taking.token(at=at), device=device)


def right_for(member):
    return variant_for(QuizFields.model_validate(QUIZ), member_key(member.pk)).answer


def choose(member, token, choice, at):
    return services.answer(member=member.pk, token=token, sent={"choice": choice}, at=at)


def wrong_for(member):
    return right_for(member) % 3 + 1


class TestQuiz:
    def test_usr_05_a_wrong_answer_and_then_the_right_one_pays_once(self, quiz, suji, at):
        token, later = begin(suji, quiz, at), at + timedelta(seconds=20)
        with pytest.raises(services.WrongAnswer, match="2번 더 답할 수 있어요") as refusal:
            choose(suji, token, wrong_for(suji), later)
        assert refusal.value.context == {"tries_left": 2}
        assert (credits.member_tickets(suji.pk), BudgetSlot.objects.get().confirmed) == (0, 0)
        done = choose(suji, token, right_for(suji), later)
        assert (done.state, done.is_new, done.score) == ("REWARDED", True, 100)
        assert credits.member_tickets(suji.pk) == 1
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.confirmed, slot.confirmed_credits) == (1, 1, 50)
        assert sorted(Evidence.objects.values_list("verdict", flat=True)) == ["FAILED", "PASSED"]

    def test_usr_05_three_wrong_answers_end_it_and_give_the_place_back(self, quiz, suji, at):
        token = begin(suji, quiz, at)
        for left in (2, 1):
            with pytest.raises(services.WrongAnswer) as refusal:
                choose(suji, token, wrong_for(suji), at)
            assert refusal.value.context == {"tries_left": left}
        with pytest.raises(services.TriesUsedUp, match="횟수를 모두"):
            choose(suji, token, wrong_for(suji), at)
        assert Participation.objects.get().state == "REFUSED"
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.confirmed, slot.room) == (1, 1, 0, 10)
        for again in (lambda: choose(suji, token, right_for(suji), at), lambda: begin(suji, quiz, at + timedelta(days=1))):
            with pytest.raises(part.AlreadyTakenPart):
                again()
        assert credits.member_tickets(suji.pk) == 0

    def test_usr_05_other_members_get_other_variants_and_always_their_own(self, quiz):
        details = QuizFields.model_validate(QUIZ)
        people = [member_key(number) for number in range(60)]
        variants = {variant_for(details, person) for person in people}
        assert {variant.text for variant in variants} == {question["text"] for question in QUIZ["questions"]}
        assert len(variants) > 10
        assert [variant_for(details, person) for person in people] == [variant_for(details, person) for person in people]
        for variant in variants:
            question = next(question for question in details.questions if question.text == variant.text)
            assert sorted(variant.choices) == sorted(question.choices)
            assert variant.choices[variant.answer - 1] == question.choices[question.answer - 1]

    def test_a_restart_after_the_time_ran_out_brings_no_new_tries(self, quiz, suji, at):
        token = begin(suji, quiz, at)
        for _ in range(2):
            with pytest.raises(services.WrongAnswer):
                choose(suji, token, wrong_for(suji), at)
        later = at + timedelta(minutes=11)
        with pytest.raises(part.ParticipationExpired):
            choose(suji, token, right_for(suji), later)
        token = begin(suji, quiz, later)
        with pytest.raises(services.TriesUsedUp):
            choose(suji, token, wrong_for(suji), later)

    @pytest.mark.parametrize("sent", [{}, {"choice": 0}, {"choice": 6}, {"choice": "1"}, {"choice": True}, {"choice": 1, "more": 1}])
    def test_what_is_no_answer_uses_no_try_up_and_writes_nothing(self, quiz, suji, at, sent):
        token = begin(suji, quiz, at)
        with pytest.raises(services.AnswerIncomplete):
            services.answer(member=suji.pk, token=token, sent=sent, at=at)
        assert (Evidence.objects.count(), Participation.objects.get().state) == (0, "STARTED")

    def test_an_answer_after_the_right_one_returns_the_same(self, quiz, suji, at):
        token = begin(suji, quiz, at)
        first = choose(suji, token, right_for(suji), at + timedelta(seconds=5))
        again = choose(suji, token, wrong_for(suji), at + timedelta(hours=2))
        assert (again.public_id, again.confirmed_at, again.is_new) == (first.public_id, first.confirmed_at, False)
        assert (credits.member_tickets(suji.pk), Evidence.objects.count()) == (1, 1)

    def test_it_cannot_be_confirmed_like_a_visit(self, quiz, suji, at):
        token = begin(suji, quiz, at)
        with pytest.raises(part.OtherWay):
            services.confirm(member=suji.pk, token=token, beats=99, at=at + timedelta(minutes=5))
        assert (credits.member_tickets(suji.pk), Participation.objects.get().state) == (0, "STARTED")

    def test_a_visit_cannot_be_answered_like_a_quiz(self, running, suji, at):
        token = begin(suji, running, at)
        with pytest.raises(part.OtherWay):
            choose(suji, token, 1, at)

    def test_another_members_token_is_worth_nothing(self, quiz, suji, at):
        token, other = begin(suji, quiz, at), factories.MemberFactory()
        with pytest.raises(part.ParticipationNotFound):
            choose(other, token, right_for(other), at)
        assert Entry.objects.filter(kind="TICKET_GRANT").count() == 0

    def test_an_instant_answer_costs_trust_and_is_written_down(self, quiz, suji, at):
        done = choose(suji, begin(suji, quiz, at), right_for(suji), at + timedelta(seconds=1))
        assert (done.state, done.score) == ("REWARDED", 70)
        signal = FraudSignal.objects.get()
        assert (signal.code, signal.penalty, signal.participation) == ("quiz.instant", 30, done.public_id)

    def test_below_the_line_it_waits_in_quarantine_and_keeps_its_money(self, quiz, suji, at):
        DatedSetting.objects.create(name="campaigns.quarantine_below", value=90, effective_from=at - timedelta(days=1), reason="test")
        token = begin(suji, quiz, at)
        held = choose(suji, token, right_for(suji), at + timedelta(seconds=1))
        assert (held.state, credits.member_tickets(suji.pk)) == ("QUARANTINED", 0)
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.confirmed) == (1, 0, 0)
        assert choose(suji, token, right_for(suji), at).state == "QUARANTINED"
        assert proof.run().differences == []

    def test_a_refused_place_of_yesterday_joins_today(self, launch, suji, at):
        campaign = launch(type="QUIZ", details={**QUIZ, "tries": 1}, unit_price=50, budget=500, daily_cap=100)
        late = at.replace(hour=14, minute=55)  # 23:55 in Seoul
        token, after = begin(suji, campaign, late), late + timedelta(minutes=6)
        services.pour(campaign=campaign, on=(at + timedelta(days=1)).date(), at=after)
        before = {slot.day_on.day: slot.allowance for slot in BudgetSlot.objects.all()}
        with pytest.raises(services.TriesUsedUp):
            choose(suji, token, wrong_for(suji), after)
        days = {slot.day_on.day: slot for slot in BudgetSlot.objects.all()}
        assert (days[25].taken, days[25].returned, days[25].allowance, days[25].room) == (1, 1, before[25] - 1, 0)
        assert days[26].allowance == before[26] == 2  # the cap of a day holds
        assert proof.run().differences == []


class TestSurvey:
    def test_every_question_answered_is_paid_and_the_answers_are_kept(self, survey, suji, at):
        token = begin(suji, survey, at)
        done = services.answer(member=suji.pk, token=token, sent={"answers": ANSWERS}, at=at + timedelta(seconds=30))
        assert (done.state, credits.member_tickets(suji.pk)) == ("REWARDED", 1)
        kept = Evidence.objects.get()
        assert [one["picked"] or one["text"] for one in kept.data["answers"]] == [[1], [1, 3], "자리가 더 있으면 좋겠어요."]

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_an_unanswered_question_is_named_and_nothing_is_written(self, survey, suji, at, number):
        token, answers = begin(suji, survey, at), [dict(one) for one in ANSWERS]
        answers[number - 1] = {}
        with pytest.raises(services.AnswerIncomplete, match=f"{number}번 질문에 답해 주세요"):
            services.answer(member=suji.pk, token=token, sent={"answers": answers}, at=at)
        assert (Evidence.objects.count(), Participation.objects.get().state) == (0, "STARTED")

    def test_a_rushed_one_is_marked(self, survey, suji, at):
        services.answer(member=suji.pk, token=begin(suji, survey, at), sent={"answers": ANSWERS}, at=at + timedelta(seconds=5))
        assert FraudSignal.objects.get().code == "survey.rushed"

    def test_questions_ask_for_what_fits_their_kind(self):
        for broken in (
            {"text": "어떤 커피를 좋아하나요?", "kind": "SINGLE"},
            {"text": "어떤 커피를 좋아하나요?", "kind": "SINGLE", "choices": ["하나"]},
            {"text": "어떤 커피를 좋아하나요?", "kind": "TEXT", "choices": ["하나", "둘"]},
            {"text": "어떤 커피를 좋아하나요?", "kind": "MULTIPLE", "choices": ["라떼", "라떼"]},
        ):
            with pytest.raises(ValueError, match="보기"):
                SurveyFields.model_validate({"questions": [broken]})


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_the_right_answer_sent_by_many_at_once_pays_once(self, quiz, suji, at):
        token, later = begin(suji, quiz, at), at + timedelta(seconds=9)
        outcomes = together([lambda: choose(suji, token, right_for(suji), later)] * CLIENTS)
        assert tally(outcomes) == {"won": CLIENTS}
        assert sum(outcome.is_new for outcome in outcomes) == 1
        slot = BudgetSlot.objects.get()
        assert (credits.member_tickets(suji.pk), slot.confirmed, Evidence.objects.count()) == (1, 1, 1)

    def test_wrong_answers_sent_at_once_use_three_tries_and_give_one_place_back(self, quiz, suji, at):
        token = begin(suji, quiz, at)
        words = tally(together([lambda: choose(suji, token, wrong_for(suji), at)] * 12))
        assert words == {"participation.wrong_answer": 2, "participation.tries_used_up": 1, "participation.already": 9}
        slot = BudgetSlot.objects.get()
        assert (Evidence.objects.count(), slot.taken, slot.returned) == (3, 1, 1)

    @pytest.mark.tampers
    def test_without_the_lock_on_the_participation_only_the_unique_row_of_evidence_saves_the_advertiser(self, quiz, suji, at):
        token, later = begin(suji, quiz, at), at + timedelta(seconds=9)
        with function_changed("campaigns_lock_started", (" FOR UPDATE OF p;", "; PERFORM pg_sleep(3);")):
            outcomes = tally(together([lambda: choose(suji, token, right_for(suji), later)] * 8))
        assert outcomes == {"won": 1, "IntegrityError": 7}
