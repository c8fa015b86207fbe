"""A draft, or a version under review, as members will see it: the templates of the reward app, fed with a mission that exists nowhere."""

from collections.abc import Callable
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import get_urlconf, reverse, set_urlconf

from advertisers.models import Advertiser
from campaigns import missions, types
from campaigns.models import Campaign, Draft, Participation
from campaigns.wizard import steps
from common.kst import day_of
from common.portals import LUCKFFLE, URLCONFS
from rewards.models import Member

VIEWS = {"list": "목록", "detail": "상세", "done": "완료"}
SHADES = {"light": "밝게", "dark": "어둡게"}
TEXTS = {"usual": "보통 글자", "large": "큰 글자"}
_TEMPLATES = {"list": "campaigns/preview/list.html", "detail": "campaigns/preview/mission.html", "done": "campaigns/preview/mission.html"}
_THEMES = {"light": "boost-light", "dark": "boost-dark"}  # whatever the advertiser's own pages look like
_NOT_WRITTEN = "제목을 적어 주세요"


def page(request: HttpRequest, draft: Draft, *, view: str, text: str, shade: str, at: datetime) -> str:
    """The page of the reward app, in HTML, as a member meets it. view: a key of VIEWS.   text: of TEXTS.   shade: of SHADES."""
    campaign = mission_of(draft.answers, public_id=draft.public_id, advertiser=draft.advertiser, at=at)
    return drawn(request, campaign, picture=_own_picture, view=view, text=text, shade=shade, at=at)


def drawn(
    request: HttpRequest, campaign: Campaign, *, picture: Callable[[UUID], str], view: str, text: str, at: datetime, shade: str = "light"
) -> str:
    """The same of a mission made by `mission_of`. picture: where whoever looks finds a picture by its number."""
    image_url = _image_url(campaign, picture)
    if view == "list":
        context = {"cards": [missions.sample_card(campaign, image_url=image_url)], "page": Paginator([1], 1).get_page(1)}
    else:
        context = _of_mission(campaign, image_url=image_url, is_done=view == "done", at=at)
    look = {"text_size": text, "theme": _THEMES[shade]}
    return as_luckffle(request, _TEMPLATES[view], {**context, "member": Member(), "tickets": 0, "done": 0, **look})


def mission_of(answers: steps.Answers, *, public_id: UUID, advertiser: Advertiser, at: datetime) -> Campaign:
    """The campaign that would be made of the answers of a draft, or of a version's content, as far as it is written. It is never saved."""
    design, setting, reward = (answers.get(part) or {} for part in ("design", "setting", "reward"))
    declared = steps.type_of(answers) or types.all_types()[0]
    return Campaign(
        public_id=public_id,
        advertiser=advertiser,
        type=declared.key,
        title=str(design.get("title") or _NOT_WRITTEN),
        body=str(design.get("body") or ""),
        details=answers.get("details") or {},
        spec={
            "design": {"image": design.get("image"), "call_to_action": str(design.get("call_to_action") or "")},
            "setting": setting,
            "reward": reward,
        },
        dwell_seconds=_seconds(answers),
        slot_life_seconds=int(declared.slot_life.total_seconds()),
        is_daily=declared.is_daily,
        reward_tickets=steps.tickets_of(answers) or 1,
        starts_at=at,
        ends_at=at,
    )


def _seconds(answers: steps.Answers) -> int:
    """The stay that the type asks for, as far as its fields can be read."""
    declared, details = steps.type_of(answers), steps.details_of(answers)
    return declared.verifier.required_seconds(details) if declared and details is not None else 0


def _of_mission(campaign: Campaign, *, image_url: str, is_done: bool, at: datetime) -> dict[str, Any]:
    participation = Participation(tickets=campaign.reward_tickets, confirmed_at=at, period_on=day_of(at)) if is_done else None
    shown = missions.sample(campaign, participation, image_url=image_url)
    return {"mission": shown, "campaign": campaign, "similar": []}


def _image_url(campaign: Campaign, picture: Callable[[UUID], str]) -> str:
    try:
        return picture(UUID(str(campaign.spec["design"]["image"])))
    except ValueError:
        return ""


def _own_picture(number: UUID) -> str:
    """The advertiser's own view of the picture: members see it only when the campaign was approved."""
    return reverse("campaigns:image", args=[number], urlconf=URLCONFS["advertiser"])


def as_luckffle(request: HttpRequest, template: str, context: dict[str, Any]) -> str:
    """A template of the members' portal, drawn while another one answers."""
    there, before = copy(request), get_urlconf()
    there.portal, there.urlconf = LUCKFFLE, URLCONFS[LUCKFFLE]  # type: ignore[attr-defined]
    set_urlconf(URLCONFS[LUCKFFLE])
    try:
        return render_to_string(template, context, request=there)
    finally:
        set_urlconf(before)
