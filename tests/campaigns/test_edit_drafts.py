"""
An edit draft while the campaign changes elsewhere: what the advertiser did not touch follows the campaign, what she did stays and is said.

The draft is written as a browser does it: the page of a step is sent back as it was shown, with single fields changed.
"""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from lxml import html

from advertisers import services as team
from advertisers.models import Membership
from campaigns import forecast, services
from campaigns.models import Campaign, Draft, PlannedChange
from campaigns.services import plans
from campaigns.wizard import copies, drafts, steps
from common.errors import DomainError
from common.kst import day_from, day_of
from credits import selectors as balances
from credits.models import Hold
from identity.models import ApprovalRequest
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.campaigns.racing import tally, together
from tests.campaigns.test_team_api import BASE
from tests.campaigns.writing import submit, url
from tests.signing_in import browser

NEW_TITLE = "민지네 커피 새 이름"
BOTH = "이 초안을 쓰는 동안 다른 곳에서도 바뀐 항목이 있어요: {}. 초안에 적은 값으로 두었으니 확인하고 제출해 주세요."


@pytest.fixture(autouse=True)
def _clock_stands_still(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def owner(minji_user):
    return browser(minji_user)


@pytest.fixture
def running(launch):
    """500 of Minji's 1,000 credits are in it."""
    return launch(budget=500)


@pytest.fixture
def scheduled(submit, operator, at):
    """Approved; it starts tomorrow."""
    return services.approve(campaign=submit(budget=500, starts_at=at + timedelta(days=1)), by=operator, at=at)


def correct(client, campaign):
    """Press "고치기": the draft."""
    answer = client.post(reverse("campaigns:correct", args=[campaign.public_id]))
    assert answer.headers["Location"].endswith("/review/"), answer.content.decode()[:500]
    return Draft.objects.get(corrects=campaign, campaign=None)


def send(client, draft, step, *, version=None, tab=None, **changes):
    """Open the page of a step and send what it shows, with single fields changed."""
    page = html.fromstring(client.get(url(draft, step)).content.decode())
    shown = dict(page.get_element_by_id("wizard").form_values())
    known = {"version": str(version)} if version is not None else {}
    return client.post(url(draft, step), {**shown, **known, **({"tab": tab} if tab else {}), **changes})


def send_all(client, draft, **changes):
    """Send every step; changes name fields of any of them."""
    for step, names in {"design": ("title", "body"), "reward": (), "credit": ("budget", "unit_price"), "setting": ("ends_at",)}.items():
        answer = send(client, draft, step, **{name: changes[name] for name in names if name in changes})
        assert answer.status_code == 302, answer.content.decode()[:500]


def raise_by(campaign, credits, by, at, key="more"):
    return services.raise_budget(campaign=campaign, credits=credits, by=by, at=at, key=key)


def money(campaign):
    """What it may spend, as the row and as the content say it, and what is on hold for it."""
    campaign = Campaign.objects.select_related("hold").get(pk=campaign.pk)
    return campaign.budget_credits, campaign.spec["credit"]["budget"], campaign.hold.open


def moment(text):
    return text.strftime("%Y-%m-%dT%H:%M")


class TestWhatNobodyTouched:
    def test_adv_24_a_budget_raised_meanwhile_is_kept(self, owner, running, minji, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        raise_by(running, 100, minji_user, at)
        answer = submit(owner, draft)
        assert (answer.status_code, answer["Location"]) == (302, reverse("campaigns:detail", args=[running.public_id]))
        assert money(running) == (600, 600, 600)
        assert (balances.balance(minji).held, balances.balance(minji).available) == (600, 400)
        version = services.newest_version(running)
        assert (version.number, version.changes, version.spec["credit"]["budget"]) == (2, ["design.title"], 600)

    def test_adv_24_says_nothing_of_fields_that_were_left_empty(self, owner, running):
        draft = correct(owner, running)
        assert (draft.answers["setting"]["age_from"], draft.answers["design"]["call_to_action"]) == (None, "")
        page = html.fromstring(owner.get(url(draft, "review")).content.decode())
        rows = {row.findtext("dt"): row.find("dd").text_content().strip() for row in page.iterfind(".//dl/div")}
        assert rows["총예산"] == "500크레딧"
        assert {name for name, value in rows.items() if not value or "None" in value or value == "–"} == set()

    def test_adv_24_also_where_the_draft_was_never_opened_in_between(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send(owner, draft, "design", title=NEW_TITLE)
        raise_by(running, 100, minji_user, at)
        raise_by(running, 100, minji_user, at, key="still more")
        assert (submit(owner, draft).status_code, money(running)) == (302, (700, 700, 700))

    def test_adv_19_an_end_moved_meanwhile_is_kept(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        later = running.ends_at + timedelta(days=3)
        services.extend(campaign=running, ends_at=later, by=minji_user, at=at)
        assert submit(owner, draft).status_code == 302
        running.refresh_from_db()
        assert (running.ends_at, services.newest_version(running).changes) == (later, ["design.title"])

    def test_adv_19_a_planned_daily_budget_carried_out_meanwhile_is_kept(self, owner, scheduled, minji_user, at):
        draft = correct(owner, scheduled)
        send_all(owner, draft, title=NEW_TITLE)
        midnight = day_from(day_of(at) + timedelta(days=1))
        due = services.plan(campaign=scheduled, kind=PlannedChange.Kind.CAP, credits_=200, due_at=midnight, by=minji_user, at=at)
        plans.carry_out(planned=due, at=midnight)
        assert submit(owner, draft).status_code == 302
        scheduled.refresh_from_db()
        assert (scheduled.daily_cap_credits, services.newest_version(scheduled).changes) == (200, ["design.title"])

    def test_adv_19_what_the_api_changed_and_a_reviewer_approved_is_not_put_back(self, owner, scheduled, operator, at):
        draft = correct(owner, scheduled)
        send_all(owner, draft, title=NEW_TITLE)
        changes = {"design": {"body": "새 안내예요"}, "credit": {"unit_price": 20, "budget": 600}}
        answer = owner.patch(
            f"{BASE}/campaigns/{scheduled.public_id}",
            json.dumps(changes),
            content_type="application/json",
            headers={"Idempotency-Key": "edit-0001"},
        )
        assert answer.status_code == 200
        services.approve(campaign=scheduled, by=operator, at=at)
        assert submit(owner, draft).status_code == 302
        assert money(scheduled) == (600, 600, 600)
        services.approve(campaign=scheduled, by=operator, at=at)
        scheduled.refresh_from_db()
        assert (scheduled.title, scheduled.body, scheduled.unit_price) == (NEW_TITLE, "새 안내예요", 20)

    def test_adv_19_before_approval_the_hold_follows_what_was_submitted_last(self, owner, submitted, minji, minji_user, at):
        draft = correct(owner, submitted)
        send_all(owner, draft, title=NEW_TITLE)
        services.resubmit(campaign=submitted, spec=spec_of(at, budget=700, daily_cap=300), by=minji_user, at=at, key="elsewhere")
        assert submit(owner, draft).status_code == 302
        submitted.refresh_from_db()
        assert (submitted.title, submitted.daily_cap_credits, *money(submitted)) == (NEW_TITLE, 300, 700, 700, 700)
        assert balances.balance(minji).held == 700

    def test_adv_19_a_page_that_ends_lines_its_own_way_changes_nothing(self, owner, launch, minji_user, at):
        campaign = launch(budget=500, body="첫 줄이에요.\n둘째 줄이에요.")
        draft = correct(owner, campaign)
        send(owner, draft, "design", title=NEW_TITLE, body="첫 줄이에요.\r\n둘째 줄이에요.")
        raise_by(campaign, 100, minji_user, at)
        assert submit(owner, draft).status_code == 302
        assert services.newest_version(campaign).changes == ["design.title"]

    def test_adv_23_what_is_locked_stays_locked(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, unit_price="20")
        raise_by(running, 100, minji_user, at)
        answer = submit(owner, draft)
        assert "지금은 바꿀 수 없는 항목이에요: 참여 1건 단가." in answer.content.decode()
        assert (answer.status_code, money(running), running.versions.count()) == (422, (600, 600, 600), 1)

    def test_adv_33_above_the_members_limit_only_what_the_draft_adds_is_asked_for(self, running, minji, minji_user, at):
        manager = factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER).user
        team.set_limit(advertiser=minji, role="MANAGER", monthly_credits=100, by=minji_user, at=at)
        theirs = browser(manager)
        draft = correct(theirs, running)
        send_all(theirs, draft, title=NEW_TITLE, budget="800")
        services.extend(campaign=running, ends_at=running.ends_at + timedelta(days=1), by=minji_user, at=at)
        assert submit(theirs, draft)["Location"] == "/campaigns/approvals/"
        asked = ApprovalRequest.objects.get()
        assert asked.data["spec"]["setting"]["ends_at"] == Campaign.objects.get().spec["setting"]["ends_at"].replace("+00:00", "Z")
        services.approve_as_second(advertiser=minji, request=asked.public_id, by=minji_user, at=at)
        assert money(running) == (800, 800, 800)


class TestWhatBothChanged:
    @pytest.fixture
    def both(self, owner, running, minji_user, at):
        """Minji wrote 700 into the draft, then the budget was raised to 600."""
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE, budget="700")
        raise_by(running, 100, minji_user, at)
        return draft

    def test_adv_24_is_said_with_both_values_before_anything_is_submitted(self, owner, both, running):
        answer = submit(owner, both)
        assert answer.status_code == 422
        assert BOTH.format("총예산(초안 700크레딧, 캠페인 600크레딧)") in answer.content.decode()
        assert (money(running), running.versions.count()) == ((600, 600, 600), 1)

    def test_adv_24_pressed_again_on_that_page_what_the_draft_says_holds(self, owner, both, running):
        page = html.fromstring(submit(owner, both).content.decode())
        answer = owner.post(url(both, "review"), dict(page.get_element_by_id("wizard").form_values()))
        assert (answer.status_code, money(running)) == (302, (700, 700, 700))

    def test_adv_24_less_than_it_was_raised_to_is_refused_and_lowers_nothing(self, owner, running, minji, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, budget="550")
        raise_by(running, 100, minji_user, at)
        assert submit(owner, draft).status_code == 422
        answer = submit(owner, draft)
        assert (answer.status_code, "지금보다 줄일 수 없는 항목이에요: 총예산." in answer.content.decode()) == (422, True)
        assert (money(running), balances.balance(minji).held) == ((600, 600, 600), 600)

    def test_adv_19_the_same_change_in_both_is_no_matter(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE, budget="600")
        raise_by(running, 100, minji_user, at)
        assert (submit(owner, draft).status_code, money(running)) == (302, (600, 600, 600))

    def test_adv_19_a_program_is_told_the_fields(self, owner, both):
        answer = owner.post(f"{BASE}/drafts/{both.public_id}/submit")
        assert (answer.status_code, answer.json()["code"]) == (409, "campaign.changed_elsewhere")
        assert answer.json()["detail"]["fields"] == [{"field": "credit.budget", "draft": 700, "campaign": 600}]
        assert owner.post(f"{BASE}/drafts/{both.public_id}/submit").status_code == 201


class TestOpenedAgain:
    def test_adv_19_it_shows_what_the_campaign_says_now_and_tells_so(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        before = Draft.objects.get().version
        raise_by(running, 100, minji_user, at)
        assert correct(owner, running).pk == draft.pk
        text = owner.get(url(draft, "review")).content.decode()
        assert "다른 곳에서 바뀐 항목은 지금 값으로 맞췄어요: 총예산(600크레딧)." in text
        draft.refresh_from_db()
        assert (draft.answers["credit"]["budget"], draft.answers["design"]["title"], draft.version) == (600, NEW_TITLE, before + 1)
        assert draft.base["credit"]["budget"] == 600

    def test_adv_19_what_both_changed_is_told_and_the_drafts_value_stands(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, budget="700")
        raise_by(running, 100, minji_user, at)
        correct(owner, running)
        assert BOTH.format("총예산(초안 700크레딧, 캠페인 600크레딧)") in owner.get(url(draft, "review")).content.decode()
        assert (submit(owner, draft).status_code, money(running)) == (302, (700, 700, 700))

    def test_adv_19_opening_it_when_nothing_happened_changes_nothing(self, owner, running):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        draft.refresh_from_db()
        again = correct(owner, running)
        assert (again.version, again.answers, again.step_versions) == (draft.version, draft.answers, draft.step_versions)

    def test_adv_19_the_last_page_shows_what_would_be_submitted_and_writes_nothing(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        raise_by(running, 100, minji_user, at)
        draft.refresh_from_db()
        text = owner.get(url(draft, "review")).content.decode()
        assert "지금 값으로 맞췄어요: 총예산(600크레딧)." in text
        assert '<dt class="shrink-0">총예산</dt><dd class="min-w-0 !whitespace-normal break-words text-right">600크레딧' in text
        assert Draft.objects.filter(pk=draft.pk, version=draft.version, answers=draft.answers).exists()


class TestTwoTabs:
    def test_adv_11_a_tab_that_has_not_seen_what_followed_submits_nothing(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        seen = Draft.objects.get().version
        raise_by(running, 100, minji_user, at)
        correct(owner, running)
        answer = submit(owner, draft, version=seen)
        assert [str(one) for one in answer.wsgi_request._messages][-1].startswith("화면을 연 뒤에 내용이 바뀌었어요.")
        assert (running.versions.count(), submit(owner, draft).status_code, money(running)) == (1, 302, (600, 600, 600))

    def test_adv_11_a_tab_that_saves_the_old_values_of_a_step_that_followed_is_asked(self, owner, running, minji_user, at):
        draft = correct(owner, running)
        page = html.fromstring(owner.get(url(draft, "credit")).content.decode())
        shown = dict(page.get_element_by_id("wizard").form_values())
        raise_by(running, 100, minji_user, at)
        correct(owner, running)
        assert owner.post(url(draft, "credit"), shown).status_code == 409
        assert Draft.objects.get().answers["credit"]["budget"] == 600


class TestOfAnEarlierRelease:
    """Drafts whose beginning nobody wrote down."""

    @pytest.fixture
    def old(self, owner, running):
        draft = correct(owner, running)
        send_all(owner, draft, title=NEW_TITLE)
        Draft.objects.update(base=None)
        return draft

    def test_adv_19_are_submitted_when_nothing_happened_since(self, owner, old, running):
        assert (submit(owner, old).status_code, services.newest_version(running).changes) == (302, ["design.title"])

    @pytest.mark.parametrize("happened", ["raised", "edited"])
    def test_adv_19_are_refused_where_they_would_put_values_back(self, owner, old, running, minji_user, at, happened):
        later = at + timedelta(minutes=1)
        if happened == "raised":
            raise_by(running, 100, minji_user, later)
        else:
            spec = spec_of(at, budget=500, title="다른 화면의 이름")
            services.resubmit(campaign=running, spec=spec, by=minji_user, at=later, key="elsewhere")
        numbers = running.versions.count()
        answer = submit(owner, old)
        assert (answer.status_code, "제출하면 옛 값으로 돌아갈 수 있어요. 초안을 지우고 다시 고쳐 주세요." in answer.content.decode()) == (
            422,
            True,
        )
        assert (running.versions.count(), Draft.objects.get().campaign) == (numbers, None)

    def test_adv_19_say_so_when_they_are_opened(self, owner, old, running, minji_user, at):
        raise_by(running, 100, minji_user, at + timedelta(minutes=1))
        assert correct(owner, running).pk == old.pk
        assert "초안을 지우고 다시 고쳐 주세요." in owner.get(url(old, "review")).content.decode()


class TestInBetween:
    """The budget is raised after the draft has caught up and before its campaign is locked: somebody else is quicker by a moment."""

    @pytest.fixture
    def ready(self, running, minji_user, at):
        draft, _ = copies.correction(campaign=running, by=minji_user, at=at)
        return drafts.change(draft=draft, changes={"design": {"title": NEW_TITLE}}, seen=None, at=at)

    @pytest.fixture
    def raised_in_between(self, monkeypatch, running, minji_user, at):
        usual = forecast.of_spec

        def and_raise(*args, **kwargs):
            raise_by(running, 100, minji_user, at)
            return usual(*args, **kwargs)

        monkeypatch.setattr(forecast, "of_spec", and_raise)

    def test_adv_24_the_raise_is_kept(self, ready, raised_in_between, running, minji_user, at):
        drafts.submit(draft=ready, by=minji_user, at=at)
        assert (money(running), services.newest_version(running).changes) == ((600, 600, 600), ["design.title"])

    def test_without_the_second_look_under_the_lock_it_would_be_lowered(
        self, ready, raised_in_between, monkeypatch, running, minji_user, at
    ):
        """The negative control: the content as it was before the lock."""
        monkeypatch.setattr(drafts, "_spec_now", lambda row, campaign, *, at: steps.spec_of(row.answers))
        with pytest.raises(DomainError, match="지금보다 줄일 수 없는 항목이에요: 총예산"):
            drafts.submit(draft=ready, by=minji_user, at=at)

    def test_what_both_changed_in_between_is_submitted_only_after_another_look(
        self, ready, monkeypatch, raised_in_between, running, minji_user, at
    ):
        ready = drafts.change(draft=ready, changes={"credit": {"budget": 700}}, seen=None, at=at)
        with pytest.raises(drafts.DraftChanged):
            drafts.submit(draft=ready, by=minji_user, at=at)
        assert (money(running), running.versions.count()) == ((600, 600, 600), 1)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_adv_24_of_raises_and_submissions_at_once_every_credit_counts(self, running, minji, minji_user, at):
        """Ten raises of 10 and eight presses of the last button: one version, every raise, one hold of it all."""
        draft, _ = copies.correction(campaign=running, by=minji_user, at=at)
        draft = drafts.change(draft=draft, changes={"design": {"title": NEW_TITLE}}, seen=None, at=at)

        def press():
            mine = Draft.objects.select_related("advertiser", "corrects").get(pk=draft.pk)
            return drafts.submit(draft=mine, by=minji_user, at=timezone.now())

        raises = [lambda number=number: raise_by(running, 10, minji_user, at, key=f"more:{number}") for number in range(10)]
        outcomes = together([*raises, *[press] * 8])
        assert tally(outcomes[:10]) == {"won": 10}
        assert set(tally(outcomes[10:])) <= {"won", "campaign.draft_changed"}
        assert "won" in tally(outcomes[10:])
        assert money(running) == (600, 600, 600)
        assert (balances.balance(minji).held, Hold.objects.count(), running.versions.count()) == (600, 1, 2)
        assert services.newest_version(running).changes == ["design.title"]
