"""
Every offered type from start to capture, over HTTP as the app and the advertiser's systems do it: what was done is paid once and charged
once, what was not done is refused and moves nothing. A type whose verifier always says yes fails here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from campaigns import landing, progress, services, types
from campaigns.models import Application, BudgetSlot, EarnedStep, Evidence, Participation
from campaigns.postbacks import keys
from campaigns.types.base import Verdict
from campaigns.types.flows import Flow
from common import effects
from credits.models import Entry
from tests.app import Phone
from tests.campaigns.photographs import file_of, photograph
from tests.campaigns.test_answers import ANSWERS, right_for, wrong_for
from tests.campaigns.test_postbacks import parameters
from tests.signing_in import browser

every_offered_type = pytest.mark.parametrize("key", [declared.key for declared in types.offered_types()])


@dataclass
class Scene:
    """A member's phone that has started, the campaign, and people who decide."""

    phone: Phone
    campaign: Any
    started: dict[str, Any]
    clock: Any
    member: Any
    advertiser: Any

    def beats(self, count: int) -> str:
        """The newest of a chain of honest heartbeats."""
        beat = ""
        for _ in range(count):
            self.clock.shift(timedelta(seconds=5))
            answer = self.phone.post(f"/participations/{self.started['id']}/beat", {"token": self.started["token"], "beat": beat})
            beat = answer.json()["beat"]
        return beat

    def click(self) -> str:
        """The click of the link that the phone follows."""
        (click,) = parse_qs(urlsplit(self.phone.open(self.started).json()["landing_url"]).query)["click_id"]
        return click


def _visit(scene: Scene) -> Any:
    scene.phone.open(scene.started)
    scene.clock.shift(timedelta(seconds=12))
    return scene.phone.confirm(scene.started)


def _left_early(scene: Scene) -> Any:
    scene.phone.open(scene.started)
    scene.clock.shift(timedelta(seconds=4))
    return scene.phone.confirm(scene.started)


def _watched(scene: Scene) -> Any:
    scene.phone.open(scene.started)
    return scene.phone.confirm(scene.started, scene.beats(3))


def _let_it_run_unseen(scene: Scene) -> Any:
    scene.phone.open(scene.started)
    scene.clock.shift(timedelta(seconds=60))
    return scene.phone.confirm(scene.started)


def _chosen(choice: Callable[[Any], int]) -> Callable[[Scene], Any]:
    return lambda scene: scene.phone.answer(scene.started, {"choice": choice(scene.member)})


def _answered(answers: list[Any]) -> Callable[[Scene], Any]:
    return lambda scene: scene.phone.answer(scene.started, {"answers": answers})


def _pictured(scene: Scene) -> Any:
    answer = scene.phone.picture(scene.started, photograph(1))
    assert (answer.json()["state"], Entry.objects.filter(kind="TICKET_GRANT").count()) == ("CHECKING", 0)
    services.decide_evidence(evidence=Evidence.objects.get(), is_fine=True, by=scene.advertiser, at=scene.campaign.starts_at)
    return answer


def _sent_a_document(scene: Scene) -> Any:
    return scene.phone.picture(scene.started, file_of(b"%PDF-1.7"))


def _installed(event: str) -> Callable[[Scene], Any]:
    def tell(scene: Scene) -> Any:
        click, key = scene.click(), keys.key_of(scene.campaign, is_test=False)
        scene.clock.shift(timedelta(minutes=5))
        return Client().get(f"/postbacks/airbridge/{key}.{keys.token_of(key)}/", {"click_id": click, "event": event, "tx": "1"})

    return tell


def _acted(**changes: str) -> Callable[[Scene], Any]:
    def tell(scene: Scene) -> Any:
        click = scene.click()
        scene.clock.shift(timedelta(minutes=5))
        return Client().post(
            "/postbacks/hmac/", parameters(scene.campaign, click, scene.campaign.starts_at + timedelta(minutes=5), **changes)
        )

    return tell


def _looked_at(scene: Scene, answer: Any) -> Any:
    """Somebody looks at the step that waits, and finds it fine."""
    assert answer.json()["state"] == "CHECKING"
    services.decide_evidence(evidence=Evidence.objects.get(verdict="WAITING"), is_fine=True, by=scene.advertiser, at=timezone.now())
    return answer


def _stepped(scene: Scene) -> Any:
    first = scene.phone.step(scene.started, 1, text="민지네 커피")
    assert (first.json()["state"], EarnedStep.objects.count()) == ("STARTED", 1)
    return _looked_at(scene, scene.phone.step(scene.started, 2, upload=photograph(1)))


def _followed(scene: Scene) -> Any:
    _looked_at(scene, scene.phone.step(scene.started, 1, upload=photograph(1)))
    early = scene.phone.step(scene.started, 2, upload=photograph(2))
    assert (early.status_code, early.json()["code"]) == (409, "step.closed")
    scene.clock.shift(timedelta(days=7))
    phone = Phone(scene.member)
    started = {**scene.started, "token": phone.get(f"/missions/{scene.campaign.public_id}").json()["token"]}
    return _looked_at(scene, phone.step(started, 2, upload=photograph(2)))


def _reviewed(scene: Scene) -> Any:
    answer = _looked_at(scene, scene.phone.step(scene.started, 1, text="https://blog.example.com/minji-coffee"))
    scene.clock.shift(timedelta(days=30))
    effects.run_due(at=timezone.now())
    return answer


def _wrote_another_word(scene: Scene) -> Any:
    return scene.phone.step(scene.started, 1, text="이브 커피")


def _sent_no_address(scene: Scene) -> Any:
    return scene.phone.step(scene.started, 1, text="http://blog.example.com/minji-coffee")


def _stepped_with_a_document(scene: Scene) -> Any:
    return scene.phone.step(scene.started, 1, upload=file_of(b"%PDF-1.7"))


DONE: dict[str, Callable[[Scene], Any]] = {
    "VISIT": _visit, "VIDEO": _watched, "QUIZ": _chosen(right_for), "SURVEY": _answered(ANSWERS), "PROOF": _pictured, "FOLLOW": _followed,
    "INSTALL": _installed("install"), "ACTION": _acted(), "RAFFLE": _visit, "STEPS": _stepped, "REVIEW": _reviewed,
}  # fmt: skip
NOT_DONE: dict[str, Callable[[Scene], Any]] = {
    "VISIT": _left_early, "VIDEO": _let_it_run_unseen, "QUIZ": _chosen(wrong_for), "SURVEY": _answered([{}] * 3), "PROOF": _sent_a_document,
    "STEPS": _wrote_another_word, "REVIEW": _sent_no_address, "FOLLOW": _stepped_with_a_document,
    "INSTALL": _installed("open"), "ACTION": _acted(event="purchase"), "RAFFLE": _left_early,
}  # fmt: skip


def _chosen_after_applying(phone: Phone, campaign: Any, by: Any, at: Any) -> None:
    """Nobody starts before the advertiser chose them."""
    assert phone.start(campaign).json()["code"] == "mission.not_for_you"
    assert phone.apply(campaign, "집 근처라서 자주 가요.").json()["state"] == "WAITING"
    assert phone.start(campaign).json()["code"] == "mission.not_for_you"
    services.choose(application=Application.objects.get(), is_chosen=True, by=by, at=at, handover="평일 낮에 오세요.")


@pytest.fixture
def begin(launch, suji, minji_user, at, settings, tmp_path, monkeypatch):
    """Launch a campaign of a type, and let suji start."""
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}
    monkeypatch.setattr("campaigns.tasks.look", lambda url: landing.Finding(landing.Found.OPEN))
    with time_machine.travel(at, tick=False) as clock:

        def begin(key: str) -> Scene:
            campaign, phone = launch(type=key), Phone(suji)
            if campaign.declared.chooses:
                _chosen_after_applying(phone, campaign, minji_user, at)
            started = phone.start(campaign)
            assert started.status_code == 201
            clock.shift(timedelta(seconds=20) if campaign.declared.flow in (Flow.ANSWER, Flow.UPLOAD, Flow.STEPS) else timedelta())
            return Scene(phone, campaign, started.json(), clock, suji, minji_user)

        yield begin


def moved():
    slot = BudgetSlot.objects.get()
    return slot.confirmed, slot.confirmed_credits, Entry.objects.filter(kind="TICKET_GRANT").count()


@every_offered_type
class TestEveryType:
    def test_what_was_done_is_paid_once_and_charged_once(self, begin, key, at):
        scene = begin(key)
        assert DONE[key](scene).status_code == 200
        price = scene.campaign.unit_price
        assert moved() == (1, price, len(progress.parts_of(scene.campaign)) or 1)
        assert Phone(scene.member).get("/wallet").json()["tickets"] == scene.campaign.reward_tickets
        later = timezone.now() + timedelta(hours=1)
        assert [services.capture_due(campaign=scene.campaign, at=later) for _ in range(2)] == [price, 0]
        assert Phone(scene.member).start(scene.campaign).json()["code"] == "participation.already"

    def test_what_was_not_done_moves_nothing(self, begin, key):
        scene = begin(key)
        NOT_DONE[key](scene)
        assert (moved(), Participation.objects.get().state) == ((0, 0, 0), "STARTED")

    def test_every_other_way_to_finish_is_closed(self, begin, key):
        scene = begin(key)
        flow = scene.campaign.declared.flow
        ways = {
            Flow.STAY: lambda: scene.phone.confirm(scene.started),
            Flow.ANSWER: lambda: scene.phone.answer(scene.started, {"choice": 1}),
            Flow.UPLOAD: lambda: scene.phone.picture(scene.started, photograph(1)),
            Flow.STEPS: lambda: scene.phone.step(scene.started, 1, text="민지네 커피"),
        }
        for way, finish in ways.items():
            if flow != way and {flow, way} != {Flow.WATCH, Flow.STAY}:
                assert finish().json()["code"] == "participation.other_way"
        assert moved() == (0, 0, 0)

    def test_its_page_shows_what_to_do_while_it_runs(self, begin, key):
        scene = begin(key)
        scene.phone.open(scene.started)
        page = browser(scene.member.user)
        page.defaults["HTTP_USER_AGENT"] = scene.phone.agent
        shown = page.get(f"/luckffle/missions/{scene.campaign.public_id}/")
        assert shown.context["mission"].standing == "RUNNING"
        assert shown.context["mission"].panel in [template.name for template in shown.templates]

    def test_it_runs_out_and_gives_its_place_back(self, begin, key, at):
        scene = begin(key)
        late = at + scene.campaign.declared.slot_life + timedelta(minutes=1)
        assert services.expire(campaign=scene.campaign, at=late) == 1
        assert moved() == (0, 0, 0)


@pytest.mark.parametrize("key", ["VIDEO", "QUIZ", "INSTALL", "ACTION", "STEPS"])
def test_a_verifier_that_always_says_yes_would_be_found(begin, key, monkeypatch):
    class Gullible:
        def required_seconds(self, details):
            return 0

        def judge(self, details, evidence):
            return Verdict(is_enough=True)

    scene = begin(key)
    monkeypatch.setitem(types._BY_KEY, key, replace(types.get(key), verifier=Gullible()))
    NOT_DONE[key](scene)
    assert moved() != (0, 0, 0)
