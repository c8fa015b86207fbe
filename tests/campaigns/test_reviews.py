"""REVIEW and FOLLOW: who applies and is chosen, the post and its disclosure, what must stay for days."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine

from campaigns import landing, services
from campaigns import progress as steps
from campaigns.models import Application, BudgetSlot, EarnedStep, Evidence, FraudSignal, Participation
from campaigns.services import keeping
from campaigns.services.applying import ReviewsLimited
from campaigns.targeting import NotForYou
from campaigns.types.review import DISCLOSURES
from common import effects
from common.models import Effect
from credits import proof
from credits import selectors as credits
from identity.models import Notification
from tests import factories
from tests.app import Phone
from tests.campaigns.conftest import DEVICE
from tests.campaigns.racing import tally, together
from tests.campaigns.test_answers import begin
from tests.campaigns.test_pictures import _a_place_for_files  # noqa: F401 (a fixture for every test here)
from tests.campaigns.test_steps import decide, picture
from tests.doubler import run_doubled
from tests.signing_in import browser

WHY = "집 근처라서 자주 가요."
POST = "https://blog.example.com/minji-coffee"
WRITTEN = timedelta(days=3)


@pytest.fixture
def tasting(launch, minji, at, minji_user):
    """One place for a reviewer, of 1,000 credits."""
    return launch(type="REVIEW", unit_price=1_000, budget=1_000, tickets=10)


@pytest.fixture
def clock():
    """Stand still at a moment."""
    with ExitStack() as stack:
        yield lambda at: stack.enter_context(time_machine.travel(at, tick=False))


def apply(member, campaign, at, text=WHY):
    return services.apply(member=member.pk, campaign=campaign.public_id, text=text, device=DEVICE, at=at)


def choose(application, by, at, *, is_chosen=True, handover="평일 낮에 오세요."):
    return services.choose(application=application, is_chosen=is_chosen, by=by, at=at, handover=handover)


def write(member, token, at, text=POST):
    return services.send_step(member=member.pk, token=token, step=1, text=text, at=at)


@pytest.fixture
def posted(tasting, suji, minji_user, operator, at):
    """Suji was chosen, wrote, and the post was found fine."""
    choose(apply(suji, tasting, at), minji_user, at)
    token = begin(suji, tasting, at)
    write(suji, token, at + WRITTEN)
    decide(operator, at + WRITTEN)
    return token


def look_finds(monkeypatch, *found):
    answers = list(found)
    monkeypatch.setattr("campaigns.tasks.look", lambda url: landing.Finding(answers.pop(0) if len(answers) > 1 else answers[0]))


class TestApplying:
    def test_takes_no_place_and_nobody_starts_before_the_choice(self, tasting, suji, minji_user, at):
        with pytest.raises(NotForYou):
            begin(suji, tasting, at)
        application = apply(suji, tasting, at)
        assert (application.state, BudgetSlot.objects.get().taken) == ("WAITING", 0)
        assert apply(suji, tasting, at, "다른 이유로 다시 신청해요.").text == WHY
        with pytest.raises(NotForYou):
            begin(suji, tasting, at)
        choose(application, minji_user, at)
        begin(suji, tasting, at)
        assert BudgetSlot.objects.get().taken == 1

    @pytest.mark.parametrize("text", ["", "짧아요", "가" * 301])
    def test_needs_a_reason(self, tasting, suji, at, text):
        with pytest.raises(services.ApplicationEmpty):
            apply(suji, tasting, at, text)
        assert Application.objects.count() == 0

    def test_is_for_missions_that_choose(self, running, suji, at):
        with pytest.raises(services.NothingToApplyFor):
            apply(suji, running, at)

    def test_no_more_are_chosen_than_the_budget_buys_and_a_choice_stays(self, tasting, minji_user, at):
        first, second = (apply(factories.MemberFactory(), tasting, at) for _ in range(2))
        choose(first, minji_user, at)
        with pytest.raises(services.AllChosen, match="1명을 모두"):
            choose(second, minji_user, at)
        with pytest.raises(services.AlreadyChosen):
            choose(first, minji_user, at, is_chosen=False)
        assert choose(first, minji_user, at, handover="주말에 오세요.").handover == "주말에 오세요."
        assert choose(second, minji_user, at, is_chosen=False).state == "NOT_CHOSEN"

    @pytest.mark.django_db(transaction=True)
    def test_two_choices_at_once_for_the_last_place_are_one(self, tasting, minji_user, at):
        waiting = [apply(factories.MemberFactory(), tasting, at) for _ in range(4)]
        outcomes = tally(together([lambda row=row: choose(row, minji_user, at) for row in waiting]))
        assert outcomes == {"won": 1, "application.all_chosen": 3}


class TestThePost:
    def test_names_the_disclosure_in_what_members_and_checkers_read(self, tasting, posted):
        words = DISCLOSURES[tasting.details["disclosure"]]
        first = steps.parts_of(tasting)[0]
        assert f"‘{words}’" in first.guide
        assert tasting.declared.task(tasting.declared.read(tasting.details), "")["disclosure"] == words

    @pytest.mark.parametrize("hidden", ["체험단", "Thanks to", "", None])
    def test_only_plain_words_disclose(self, tasting, hidden):
        with pytest.raises(ValueError, match="disclosure"):
            tasting.declared.read({**tasting.details, "disclosure": hidden})

    @pytest.mark.parametrize("text", ["", "다녀왔어요", "http://blog.example.com/1", "https://127.0.0.1/", "javascript:alert(1)"])
    def test_is_a_public_https_address(self, tasting, suji, minji_user, at, text):
        choose(apply(suji, tasting, at), minji_user, at)
        token = begin(suji, tasting, at)
        with pytest.raises(services.AnswerIncomplete):
            write(suji, token, at + WRITTEN, text)
        assert Evidence.objects.count() == 0

    def test_earns_its_part_and_the_rest_when_it_is_still_there(self, tasting, posted, suji, at, monkeypatch):
        assert (credits.member_tickets(suji.pk), EarnedStep.objects.get().credits) == (8, 800)
        look_finds(monkeypatch, landing.Found.OPEN)
        assert effects.run_due(at=at + WRITTEN + timedelta(days=29)) >= 0
        assert EarnedStep.objects.count() == 1
        run_doubled(at=at + WRITTEN + timedelta(days=30))
        row = Participation.objects.get()
        assert (row.state, row.price, credits.member_tickets(suji.pk)) == ("REWARDED", 1_000, 10)
        assert services.capture_due(campaign=tasting, at=at + timedelta(days=34)) == 1_000

    def test_that_is_gone_ends_it_for_what_was_earned(self, tasting, posted, suji, at, monkeypatch):
        look_finds(monkeypatch, landing.Found.GONE)
        run_doubled(at=at + WRITTEN + timedelta(days=30))
        row = Participation.objects.get()
        assert (row.state, row.price, row.tickets, credits.member_tickets(suji.pk)) == ("REWARDED", 800, 8, 8)
        assert proof.run().differences == []

    def test_that_answers_with_a_fault_is_looked_at_again_before_anything_is_said(self, posted, at, monkeypatch):
        look_finds(monkeypatch, landing.Found.FAILED, landing.Found.OPEN)
        due = at + WRITTEN + timedelta(days=30)
        effects.run_due(at=due)
        assert (EarnedStep.objects.count(), Effect.objects.get(kind="campaigns.look_at_post").state) == (1, "NEW")
        effects.run_due(at=due + timedelta(hours=6))
        assert EarnedStep.objects.count() == 2


class TestADeletedPost:
    """Sixty days after its last part was paid, we look once more."""

    PAID = WRITTEN + timedelta(days=30)
    LOOKED, BACK = PAID + timedelta(days=60, hours=1), timedelta(days=7, hours=1)  # queues are late

    @pytest.fixture
    def paid(self, posted, suji, at, monkeypatch):
        look_finds(monkeypatch, landing.Found.OPEN)
        effects.run_due(at=at + self.PAID)
        assert credits.member_tickets(suji.pk) == 10

    def told(self, member):
        return [row.title for row in Notification.objects.filter(user=member.user, title__contains="후기").order_by("pk")]

    def test_usr_18_its_writer_is_told_first_and_limited_a_week_later(self, paid, suji, at, monkeypatch):
        look_finds(monkeypatch, landing.Found.GONE)
        effects.run_due(at=at + self.LOOKED)
        assert (self.told(suji), keeping.limited_until(member_id=suji.pk, at=at + self.LOOKED)) == (["후기가 보이지 않아요"], None)
        run_doubled(at=at + self.LOOKED + self.BACK)
        limited_at = at + self.LOOKED + self.BACK
        assert self.told(suji) == ["후기가 보이지 않아요", "체험 후기 신청이 제한됐어요"]
        assert keeping.limited_until(member_id=suji.pk, at=limited_at + timedelta(days=89)) is not None
        assert keeping.limited_until(member_id=suji.pk, at=limited_at + timedelta(days=91)) is None
        assert credits.member_tickets(suji.pk) == 10

    def test_usr_18_brought_back_within_the_week_nothing_follows(self, paid, suji, at, monkeypatch):
        look_finds(monkeypatch, landing.Found.GONE)
        effects.run_due(at=at + self.LOOKED)
        look_finds(monkeypatch, landing.Found.OPEN)
        run_doubled(at=at + self.LOOKED + self.BACK)
        assert (len(self.told(suji)), keeping.limited_until(member_id=suji.pk, at=at + self.LOOKED + self.BACK)) == (1, None)

    def test_usr_18_nobody_who_is_limited_applies(self, posted, suji, at):
        row = Participation.objects.get()
        FraudSignal.objects.create(
            participation=row.public_id, campaign=row.campaign, member_id=suji.pk, attempt=1, code=keeping.DELETED, penalty=0, at=at
        )
        Application.objects.all().delete()
        with pytest.raises(ReviewsLimited, match="2027-02-23까지"):
            apply(suji, row.campaign, at)
        assert (Application.objects.count(), apply(factories.MemberFactory(), row.campaign, at).state) == (0, "WAITING")


class TestFollowing:
    def test_usr_17_the_second_look_opens_on_its_day_and_pays_the_rest(self, launch, suji, operator, at):
        campaign = launch(type="FOLLOW", unit_price=200, tickets=5)
        token = begin(suji, campaign, at)
        picture(suji, token, at + timedelta(minutes=5), step=1)
        decide(operator, at + timedelta(hours=1))
        assert credits.member_tickets(suji.pk) == 3
        with pytest.raises(services.StepClosed, match="12월 2일"):
            picture(suji, token, at + timedelta(days=6), number=2)
        picture(suji, token, at + timedelta(days=8), number=2)
        decide(operator, at + timedelta(days=8))
        assert (credits.member_tickets(suji.pk), Participation.objects.get().price) == (5, 200)

    def test_usr_17_who_does_not_show_it_again_keeps_the_first_part_only(self, launch, suji, operator, at):
        campaign = launch(type="FOLLOW", unit_price=200, tickets=5)
        token = begin(suji, campaign, at)
        picture(suji, token, at + timedelta(minutes=5), step=1)
        decide(operator, at + timedelta(hours=1))
        assert services.expire(campaign=campaign, at=at + timedelta(days=9)) == 0
        assert services.expire(campaign=campaign, at=at + timedelta(days=11)) == 1
        row = Participation.objects.get()
        assert (row.state, row.price, row.tickets) == ("REWARDED", 120, 3)

    def test_usr_17_without_a_second_look_it_is_one_step(self, launch, suji, operator, at):
        details = {"channel": "INSTAGRAM", "account": "@minji_coffee", "checker": "OPERATOR"}
        campaign = launch(type="FOLLOW", details=details)
        picture(suji, begin(suji, campaign, at), at + timedelta(minutes=5), step=1)
        decide(operator, at + timedelta(hours=1))
        assert Participation.objects.get().state == "REWARDED"


class TestPages:
    def test_a_member_applies_on_the_mission_and_the_advertiser_chooses_on_a_page(
        self, tasting, suji, minji_user, jisoo, eve_user, at, clock
    ):
        clock(at)
        page, url = browser(suji.user), f"/luckffle/missions/{tasting.public_id}/"
        assert "신청하기" in page.get(url).content.decode()
        page.post(f"{url}apply/", {"text": WHY})
        assert "신청했어요" in page.get(url).content.decode()
        desk, row = f"/campaigns/{tasting.public_id}/applications/", Application.objects.get()
        shown = browser(minji_user).get(desk).content.decode()
        assert WHY in shown
        assert "수지" not in shown
        for person, code in ((jisoo, 403), (eve_user, 404)):
            assert browser(person).post(f"{desk}{row.public_id}/choose/").status_code == code
        browser(minji_user).post(f"{desk}{row.public_id}/choose/", {"handover": "평일 낮에 오세요."})
        shown = page.get(url).content.decode()
        assert "선정됐어요" in shown
        assert "평일 낮에 오세요." in shown

    def test_a_member_sends_steps_on_the_page(self, launch, suji, at, clock):
        clock(at)
        campaign = launch(type="STEPS")
        page, url = browser(suji.user), f"/luckffle/missions/{campaign.public_id}/"
        page.post(f"{url}start/")
        token = page.get(url).context["mission"].token
        page.post(f"{url}step/", {"token": token, "step": "1", "text": "민지네 커피"})
        mission = page.get(url).context["mission"]
        assert [one.state for one in mission.progress] == ["EARNED", "OPEN"]
        for wrong in ("", "x", "-1", "9"):
            page.post(f"{url}step/", {"token": token, "step": wrong})
        assert EarnedStep.objects.count() == 1

    def test_the_app_reads_the_steps_and_the_application(self, tasting, suji, minji_user, at, clock):
        clock(at)
        phone = Phone(suji)
        assert phone.get(f"/missions/{tasting.public_id}").json()["standing"] == "APPLY"
        phone.apply(tasting, WHY)
        shown = phone.get(f"/missions/{tasting.public_id}").json()
        assert (shown["standing"], shown["application"]["state"]) == ("APPLIED", "WAITING")
        choose(Application.objects.get(), minji_user, at)
        phone.start(tasting)
        shown = phone.get(f"/missions/{tasting.public_id}").json()
        assert [(one["way"], one["state"], one["tickets"]) for one in shown["progress"]] == [("LINK", "OPEN", 8), ("KEPT", "LATER", 2)]
        assert shown["application"]["handover"] == "평일 낮에 오세요."
