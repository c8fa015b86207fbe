"""
The table of field locks, tried out in full: every field in every state, by the service, by the API and by a form that was tampered
with. What a state does not allow is refused with the name of the field, and nothing is written.
"""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.forms.models import model_to_dict
from django.urls import reverse

from campaigns import locks, services
from campaigns.models import BudgetSlot, Campaign, CampaignEvent, CampaignVersion, Draft, PlannedChange, State
from campaigns.schemas import CampaignSpec, CreditStep, DesignStep, RewardStep, SettingStep
from campaigns.services import versions
from campaigns.types.visit import VisitFields
from credits import selectors as credits
from credits.models import Entry, Hold
from tests.signing_in import browser

BEFORE_APPROVAL = (State.SUBMITTED, State.CHANGES_ASKED, State.REJECTED)
BEFORE_START = (*BEFORE_APPROVAL, State.SCHEDULED)
LIVE = (State.RUNNING, State.PAUSED)
OVER = (State.ENDED, State.SETTLED, State.WITHDRAWN)
STATES = (*BEFORE_START, *LIVE, *OVER)

# What the design says, written down a second time: where each field may be changed.
OPEN = {
    "type": (),
    "design.title": (*BEFORE_START, *LIVE),
    "design.body": BEFORE_START,
    "design.image": BEFORE_START,
    "design.call_to_action": BEFORE_START,
    "design.landing_url": BEFORE_START,
    "details.dwell_seconds": BEFORE_START,
    "reward.tickets": BEFORE_START,
    "reward.prizes": BEFORE_START,
    "credit.unit_price": BEFORE_START,
    "credit.budget": (*BEFORE_START, *LIVE),
    "credit.daily_cap": BEFORE_START,
    "setting.starts_at": BEFORE_START,
    "setting.ends_at": (*BEFORE_START, *LIVE),
    "setting.weekdays": BEFORE_START,
    "setting.hour_from": BEFORE_START,
    "setting.hour_until": BEFORE_START,
    "setting.pacing": BEFORE_START,
    "setting.age_from": BEFORE_START,
    "setting.age_until": BEFORE_START,
    "setting.sex": BEFORE_START,
    "setting.regions": BEFORE_START,
    "setting.systems": BEFORE_START,
    "setting.member_limit": BEFORE_START,
    "setting.exclusions": BEFORE_START,
}
# A foreign picture or list is refused for its own reason, and so are prizes without a raffle.
FIELDS = sorted(set(OPEN) - {"type", "design.image", "setting.exclusions", "reward.prizes"})


def value_of(path, at):
    """Another value than the fixture's, which would be fine by itself."""
    return {
        "design.title": "새 이름으로 만나요", "design.body": "새 안내", "design.call_to_action": "가 보기",
        "design.landing_url": "https://coffee.example.com/new", "details.dwell_seconds": 20, "reward.tickets": 2, "credit.unit_price": 20,
        "credit.budget": 600, "credit.daily_cap": 100, "setting.starts_at": (at + timedelta(days=2)).isoformat(),
        "setting.ends_at": (at + timedelta(days=20)).isoformat(), "setting.weekdays": ["MON"], "setting.hour_from": 9,
        "setting.hour_until": 18, "setting.pacing": "EVEN",
        "setting.age_from": 20, "setting.age_until": 40, "setting.sex": "MALE", "setting.regions": ["SEOUL"],
        "setting.systems": ["IOS"], "setting.member_limit": 3,
    }[path]  # fmt: skip


def with_field(campaign, path, at):
    return CampaignSpec.model_validate(versions.merged(services.latest_content(campaign), _nested(path, value_of(path, at)), [path]))


def _nested(path, value):
    step, _, name = path.partition(".")
    return {step: {name: value}}


def everything():
    """Every row that an edit or a deed may write, but drafts."""
    rows = [model_to_dict(row) for model in (Campaign, CampaignVersion, BudgetSlot, Hold) for row in model.objects.order_by("pk")]
    return rows, CampaignEvent.objects.count(), PlannedChange.objects.count(), Entry.objects.count()


@pytest.fixture
def put(submit, operator, minji_user, at):
    """A campaign of 500 credits brought into a state by the services that belong to it; it starts tomorrow unless it has to run."""

    def put(state):
        starts_at = at if state in (*LIVE, State.ENDED, State.SETTLED) else at + timedelta(days=1)
        campaign = submit(budget=500, starts_at=starts_at, ends_at=at + timedelta(days=10))
        by = {"by": minji_user, "at": at}
        if state == State.CHANGES_ASKED:
            services.ask_changes(campaign=campaign, by=operator, at=at, reason="고쳐 주세요")
        elif state == State.REJECTED:
            services.reject(campaign=campaign, by=operator, at=at, reason="안 돼요")
        elif state == State.WITHDRAWN:
            services.withdraw(campaign=campaign, **by)
        elif state != State.SUBMITTED:
            services.approve(campaign=campaign, by=operator, at=at)
        if state == State.PAUSED:
            services.pause(campaign=campaign, **by)
        if state in (State.ENDED, State.SETTLED):
            services.end(campaign=campaign, **by)
        if state == State.SETTLED:
            services.settle(campaign=campaign, at=at)
        campaign.refresh_from_db()
        assert campaign.state == state
        return campaign

    return put


class TestTheTable:
    def test_names_every_field_of_the_content(self):
        steps = {"design": DesignStep, "details": VisitFields, "reward": RewardStep, "credit": CreditStep, "setting": SettingStep}
        declared = {f"{step}.{name}" for step, schema in steps.items() for name in schema.model_fields}
        assert declared | {"type"} == set(OPEN)
        assert {path.partition(".")[0] for path in OPEN} == set(CampaignSpec.model_fields)

    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize("path", sorted(OPEN))
    def test_adv_23_says_what_the_design_says(self, path, state):
        assert locks.is_open(path, state, "VISIT") == (state in OPEN[path])

    def test_has_a_korean_name_for_every_field(self):
        assert all(any("가" <= letter <= "힣" for letter in locks.label_of(path, "VISIT")) for path in OPEN)


@pytest.mark.parametrize("state", STATES)
class TestByTheService:
    def test_adv_23_opens_and_locks_every_field(self, put, minji_user, at, state):
        campaign = put(state)
        for number, path in enumerate(FIELDS):
            campaign.refresh_from_db()
            state_before, before = campaign.state, everything()
            spec = with_field(campaign, path, at)
            edit = {"campaign": campaign, "spec": spec, "by": minji_user, "at": at, "key": f"edit-{number}"}
            if state_before in OPEN[path]:
                services.resubmit(**edit)
                assert everything() != before, path
                continue
            refusal = services.MoveRefused if state_before in OVER else locks.FieldLocked
            with pytest.raises(refusal) as refused:
                services.resubmit(**edit)
            assert everything() == before, path
            if refusal is locks.FieldLocked:
                assert refused.value.context["fields"] == [path]


class TestByTheApi:
    @pytest.fixture
    def patch(self, minji_user, at):
        client = browser(minji_user)

        def patch(campaign, body, key):
            with time_machine.travel(at, tick=False):
                return client.patch(
                    f"/api/v1/campaigns/{campaign.public_id}", body, content_type="application/json", headers={"Idempotency-Key": key}
                )

        return patch

    @pytest.mark.parametrize("state", STATES)
    def test_adv_23_opens_and_locks_every_field(self, put, patch, at, state):
        campaign = put(state)
        for number, path in enumerate(FIELDS):
            before = everything()
            answer = patch(campaign, _nested(path, value_of(path, at)), f"edit-number-{number}")
            if state in OPEN[path]:
                assert answer.status_code == 200, (path, answer.content)
                continue
            assert answer.status_code == 409, path
            assert everything() == before, path
            if state in LIVE:
                refusal = answer.json()
                assert (refusal["code"], refusal["detail"]["fields"]) == ("campaign.field_locked", [path])
                assert "복제해서 새 캠페인" in refusal["message"]

    @pytest.mark.parametrize("state", [State.SUBMITTED, State.RUNNING])
    def test_adv_23_the_type_stays_as_it_was_submitted(self, put, patch, state):
        campaign = put(state)
        before = everything()
        answer = patch(campaign, {"type": "QUIZ", "details": {}}, "another-type")
        assert answer.status_code in (409, 422)
        assert everything() == before

    def test_adv_23_several_fields_at_once_are_refused_together_and_the_open_ones_with_them(self, running, patch, at):
        before = everything()
        answer = patch(running, {"design": {"title": "새 이름"}, "credit": {"unit_price": 20}, "reward": {"tickets": 2}}, "three-fields")
        assert answer.json()["detail"]["fields"] == ["reward.tickets", "credit.unit_price"]
        assert everything() == before

    def test_adv_23_a_smaller_budget_and_an_earlier_end_are_refused_once_it_runs(self, running, patch, at):
        before = everything()
        for number, body in enumerate(
            ({"credit": {"budget": 900, "daily_cap": 900}}, {"setting": {"ends_at": (at + timedelta(days=1)).isoformat()}})
        ):
            answer = patch(running, body, f"smaller-{number}")
            assert answer.json()["code"] in ("campaign.only_more", "campaign.field_locked")
        assert everything() == before

    def test_int_05_what_is_not_sent_stays(self, submitted, patch):
        answer = patch(submitted, {"credit": {"budget": 800, "daily_cap": 400}}, "cap-and-budget")
        assert answer.status_code == 200, answer.content
        assert patch(submitted, {"credit": {"budget": 900}}, "budget-only").json()["daily_cap"] == 400

    def test_int_04_the_same_key_twice_is_one_edit(self, running, patch):
        first, second = (patch(running, {"design": {"title": "새 이름이에요"}}, "same-intent") for _ in range(2))
        assert (first.status_code, second.status_code) == (200, 200)
        assert CampaignVersion.objects.filter(campaign=running).count() == 2

    def test_what_is_no_campaign_is_refused_at_its_field(self, running, patch):
        answer = patch(running, {"design": {"title": "x"}}, "too-short-title")
        assert answer.status_code == 422
        assert answer.json()["detail"]["fields"][0]["field"] == "design.title"


class TestByThePage:
    """The wizard opens a draft of the campaign; what its form sends is held against the same table."""

    @pytest.mark.parametrize("state", [*BEFORE_START, *LIVE])
    def test_adv_23_opens_and_locks_every_field(self, put, minji_user, at, state):
        client, campaign = browser(minji_user), put(state)
        with time_machine.travel(at, tick=False):
            for path in FIELDS:
                draft, before = corrected(client, campaign), everything()
                step, _, name = path.partition(".")
                draft.answers = {**draft.answers, step: {**draft.answers[step], name: value_of(path, at)}}
                draft.save(update_fields=["answers"])
                client.post(f"/campaigns/drafts/{draft.public_id}/review/", {"version": str(draft.version)})
                if state in OPEN[path]:
                    assert everything() != before, path
                else:
                    assert everything() == before, path

    @pytest.mark.parametrize("state", OVER)
    def test_adv_23_opens_no_draft_of_what_is_over(self, put, minji_user, at, state):
        client, campaign = browser(minji_user), put(state)
        before = everything()
        with time_machine.travel(at, tick=False):
            client.post(reverse("campaigns:correct", args=[campaign.public_id]))
        assert (everything(), Draft.objects.count()) == (before, 0)


def corrected(client, campaign):
    """A new draft of what the campaign is now."""
    Draft.objects.all().delete()
    campaign.refresh_from_db()
    client.post(reverse("campaigns:correct", args=[campaign.public_id]))
    return Draft.objects.get()


def as_sent(form):
    """What a browser would send of an untouched form."""
    values = {bound.html_name: bound.field.widget.format_value(bound.value()) for bound in form}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


class TestByACraftedForm:
    """The form of a step, sent with another value in one locked field."""

    @pytest.mark.parametrize("state", LIVE)
    @pytest.mark.parametrize("step", ["design", "reward", "credit", "setting"])
    def test_adv_23_moves_nothing_in_any_locked_field(self, put, minji_user, at, state, step):
        client, campaign = browser(minji_user), put(state)
        with time_machine.travel(at, tick=False):
            draft, before = corrected(client, campaign), everything()
            url, answers = f"/campaigns/drafts/{draft.public_id}/", draft.answers
            form = as_sent(client.get(f"{url}{step}/").context["form"])
            parts = ("design", "details") if step == "design" else (step,)
            tried = [path for path in FIELDS if path.partition(".")[0] in parts and state not in OPEN[path]]
            assert tried
            for path in tried:
                Draft.objects.update(answers=answers)
                part, _, name = path.partition(".")
                field = f"details-{name}" if part == "details" else name
                sent = {**form, field: value_of(path, at), "version": str(Draft.objects.get().version), "tab": "crafted"}
                client.post(f"{url}{step}/", sent)
                assert Draft.objects.get().answers[part] != answers[part], path
                client.post(f"{url}review/", {"version": str(Draft.objects.get().version)})
                assert everything() == before, path


class TestByATamperedForm:
    """The database is the last door: nobody replaces a version that was submitted, or decides it twice."""

    @pytest.mark.parametrize("change", [{"spec": {}}, {"number": 9}, {"submitted_at": None}])
    def test_a_version_stays_as_it_was_submitted(self, submitted, change):
        with pytest.raises(DatabaseError), transaction.atomic():
            CampaignVersion.objects.filter(campaign=submitted).update(**change)

    def test_a_decided_version_is_not_decided_again(self, running):
        with pytest.raises(DatabaseError, match="decided once"), transaction.atomic():
            CampaignVersion.objects.filter(campaign=running).update(state="REJECTED", reason="doch nicht")


class TestWhatStaysOpen:
    def test_adv_24_more_budget_by_an_edit_is_held_at_once_or_refused(self, put, minji, minji_user, at):
        campaign = put(State.RUNNING)
        spec = with_field(campaign, "credit.budget", at)
        services.resubmit(campaign=campaign, spec=spec, by=minji_user, at=at, key="more")
        campaign.refresh_from_db()
        assert (campaign.budget_credits, campaign.spec["credit"]["budget"], campaign.hold.open) == (600, 600, 600)
        assert credits.balance(minji).available == 400
        too_much = CampaignSpec.model_validate(versions.merged(campaign.spec, {"credit": {"budget": 5_000}}, ["credit.budget"]))
        before = everything()
        with pytest.raises(Exception, match="크레딧") as refused:
            services.resubmit(campaign=campaign, spec=too_much, by=minji_user, at=at, key="far more")
        assert refused.value.code == "credits.insufficient"
        assert everything() == before

    def test_a_later_end_takes_effect_at_once_and_an_earlier_one_never(self, running, minji_user, at):
        later = at + timedelta(days=20)
        services.extend(campaign=running, ends_at=later, by=minji_user, at=at)
        running.refresh_from_db()
        assert (running.ends_at, json.dumps(running.spec["setting"]["ends_at"])[1:11]) == (later, later.date().isoformat())
        for wrong in (later, at + timedelta(days=1), at + timedelta(days=400)):
            with pytest.raises(services.EndTooEarly):
                services.extend(campaign=running, ends_at=wrong, by=minji_user, at=at)
