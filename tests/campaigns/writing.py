"""Writing a campaign in the wizard as a browser without scripts does it: open a step, fill it in, press the button."""

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from campaigns.models import Draft

NEW = "/campaigns/new/"
# What Minji writes: 500 credits for 50 participations, from the evening of 2026-11-25 for a week.
ANSWERS: dict[str, dict[str, Any]] = {
    "design": {
        "title": "민지네 커피 구경하기", "body": "겨울 메뉴가 나왔어요.", "landing_url": "https://coffee.example.com/hello",
        "call_to_action": "", "details-dwell_seconds": "10",
    },
    "reward": {"tickets": "1"},
    "credit": {"unit_price": "10", "budget": "500", "daily_cap": "100"},
    "setting": {"starts_at": "2026-11-25T18:00", "ends_at": "2026-12-02T00:00", "hour_from": "0", "hour_until": "24", "sex": ""},
}  # fmt: skip


def url(draft: Draft, step: str) -> str:
    return f"/campaigns/drafts/{draft.public_id}/{step}/"


def begin(client: Client, **chosen: str) -> Draft:
    """A draft that begins with a type (VISIT) or a template."""
    answer = client.post(NEW, {"key": str(uuid4()), **(chosen or {"type": "VISIT"})})
    assert answer.status_code == 302, answer.content.decode()[:500]
    return Draft.objects.get(public_id=answer.headers["Location"].split("/")[3])


def press(
    client: Client, draft: Draft, step: str, *, intent: str = "", version: int | None = None, tab: str = "tab-1", **changes: Any
) -> HttpResponse:
    """Send a step as the page would, with what the tab knows."""
    if version is None:
        version = Draft.objects.get(pk=draft.pk).version
    answers = {**ANSWERS.get(step, {}), **changes}
    return client.post(url(draft, step), {**answers, "intent": intent, "version": str(version), "tab": tab})


def write(client: Client, **changes: Any) -> Draft:
    """A draft with every step finished; changes name the fields of any step."""
    draft = begin(client)
    for step, answers in ANSWERS.items():
        mine = {name: value for name, value in changes.items() if name in answers or (step == "design" and name == "image")}
        answer = press(client, draft, step, **mine)
        assert answer.status_code == 302, (step, answer.context["form"].errors)
    return Draft.objects.get(pk=draft.pk)


def submit(client: Client, draft: Draft, *, version: int | None = None) -> HttpResponse:
    """Press the last button."""
    if version is None:
        version = Draft.objects.get(pk=draft.pk).version
    return client.post(url(draft, "review"), {"version": str(version)})
