"""What stands around the questions of the wizard: the steps above, and beside them what the answers mean."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from advertisers.access import TenantRequest
from campaigns import audience, forecast, gifts, images, linter, reports, types
from campaigns.models import Draft
from campaigns.schemas import prize_credits
from campaigns.wizard import preview, steps
from campaigns.wizard.fields import shown
from campaigns.wizard.steps import REVIEW, STEPS


def progress(draft: Draft, slug: str) -> list[tuple[str, str, str]]:
    """(label, address, state) of each step for the head of the page; what may be opened is a link."""
    open_step = steps.first_open(draft.answers, at=timezone.now())
    reached = STEPS.index(open_step) if open_step else len(STEPS)
    rows = []
    for place, step in enumerate(STEPS):
        is_here = step.slug == slug
        state = "current" if is_here else "done" if place < reached else ""
        rows.append((step.label, url_of(draft, step.slug) if place <= reached and not is_here else "", state))
    return rows


def url_of(draft: Draft, slug: str) -> str:
    """The address of a step of a draft, or of its last page."""
    return reverse("campaigns:draft-step", args=[draft.public_id, slug])


def top_up_url(request: TenantRequest, draft: Draft, *, package: str) -> str:
    """Where the missing credits can be topped up, and the way back to the step. package: the one that was pressed, empty for none."""
    back = request.path if request.path.endswith(f"/{REVIEW}/") else url_of(draft, "credit")
    is_known = package.isascii() and package.isdigit() and len(package) <= 9
    what = {"package": package} if is_known else {"credits": cost_of(request, draft).shortfall}
    return f"{reverse('payments:top-up')}?{urlencode({**what, 'next': back})}"


def _beside_type(request: TenantRequest, draft: Draft) -> dict[str, Any]:
    return {"types": types.offered_types(), "chosen": draft.answers.get("type"), "aside": _put_aside(draft)}


def _beside_design(request: TenantRequest, draft: Draft) -> dict[str, Any]:
    sent = request.POST if request.method == "POST" else request.GET
    view, text, shade = (sent.get(name, "") for name in ("view", "text", "shade"))
    view = view if view in preview.VIEWS else "detail"
    text = text if text in preview.TEXTS else "usual"
    shade = shade if shade in preview.SHADES else "light"
    here = {"view": view, "text": text, "shade": shade}
    design = draft.answers.get("design") or {}
    return {
        "declared": steps.type_of(draft.answers),
        "aside": _put_aside(draft),
        "image": images.find(request.advertiser, design.get("image")),
        "library": images.recent(request.advertiser),
        "views": [(key, word, urlencode({**here, "view": key})) for key, word in preview.VIEWS.items()],
        "texts": [(key, word, urlencode({**here, "text": key})) for key, word in preview.TEXTS.items()],
        "shades": [(key, word, urlencode({**here, "shade": key})) for key, word in preview.SHADES.items()],
        "view": view,
        "text": text,
        "shade": shade,
        "preview_url": reverse("campaigns:draft-preview", args=[draft.public_id, view]) + f"?text={text}&shade={shade}&v={draft.version}",
        "warnings": linter.warnings(design),
    }


def _beside_reward(request: TenantRequest, draft: Draft) -> dict[str, Any]:
    now = timezone.now()
    return {
        "lowest": steps.lowest_price(draft.answers, at=now),
        "price": steps.price_of(draft.answers, at=now),
        "prizes": prize_credits(draft.answers.get("reward")),
        "within_reach": gifts.within_reach(steps.tickets_of(draft.answers), at=now),
    }


def _beside_credit(request: TenantRequest, draft: Draft) -> dict[str, Any]:
    now = timezone.now()
    cost = cost_of(request, draft)
    return {
        "cost": cost,
        "price": steps.price_of(draft.answers, at=now),
        "lowest": steps.lowest_price(draft.answers, at=now),
        "forecast": forecast.of_answers(draft.answers, advertiser=request.advertiser, at=now, held=cost.held),
    }


def _beside_setting(request: TenantRequest, draft: Draft) -> dict[str, Any]:
    setting = draft.answers.get("setting") or {}
    return {
        "audience": audience.size(setting, at=timezone.now()),
        "floor": audience.FLOOR,
        "excluded": audience.find(request.advertiser, setting.get("exclusions")),
    }


BESIDE: dict[str, Callable[[TenantRequest, Draft], dict[str, Any]]] = {
    "select-type": _beside_type, "design": _beside_design, "reward": _beside_reward, "credit": _beside_credit, "setting": _beside_setting,
}  # fmt: skip


def _put_aside(draft: Draft) -> list[tuple[str, str, str]]:
    """(type, field, value) of what the chosen type has no place for, in words."""
    return [(types.get(one["type"]).name, one["label"], shown(one["value"])) for one in draft.aside if types.is_known(one["type"])]


def cost_of(request: TenantRequest, draft: Draft) -> reports.Cost:
    """The calculation beside the budget, as far as it is answered."""
    credit = draft.answers.get("credit") or {}
    money = {name: _whole(credit.get(name)) for name in ("unit_price", "budget", "daily_cap")}
    held = draft.corrects.held_credits if draft.corrects else 0
    declared = steps.type_of(draft.answers)
    return reports.cost(
        advertiser=request.advertiser,
        at=timezone.now(),
        held=held,
        tickets=steps.tickets_of(draft.answers),
        campaign_type=declared.key if declared else "",
        prizes=prize_credits(draft.answers.get("reward")),
        **money,
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**15 else 0
