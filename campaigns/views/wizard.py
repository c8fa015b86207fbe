"""Pages of the wizard: begin, the five steps, look at everything, submit. What was written is kept with every press and while typing."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access, audience, gifts, images, landing, types
from campaigns.forms import fresh_key
from campaigns.models import Draft
from campaigns.views.wizard_parts import BESIDE, progress, top_up_url, url_of
from campaigns.views.wizard_review import review
from campaigns.wizard import copies, drafts, preview, steps
from campaigns.wizard.fields import StepForm, shown, words_of
from campaigns.wizard.steps import BY_SLUG, REVIEW, STEPS, Problem, Step
from common.errors import DomainError

TEMPLATES_OF_STEPS = {step.slug: f"campaigns/wizard/{step.slug.replace('-', '_')}.html" for step in STEPS}


# ---- begin -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=SPENDERS)
def new(request: TenantRequest) -> HttpResponse:
    """Choose a type or a template to begin with, or go on with a draft."""
    now = timezone.now()
    if request.method == "POST":
        answers = _beginning(request)
        key = request.POST.get("key", "")[:60]
        if answers and key:
            try:
                draft = drafts.begin(advertiser=request.advertiser, by=request.user, at=now, key=f"page:{key}", answers=answers)
            except DomainError as refusal:
                messages.error(request, str(refusal))
            else:
                return redirect("campaigns:draft-step", draft.public_id, STEPS[1].slug)
        else:
            messages.error(request, "캠페인 유형을 골라 주세요.")
    mine = Draft.objects.owned_by(request.advertiser).open().select_related("advertiser")
    context = {
        "types": types.offered_types(),
        "templates": copies.TEMPLATES,
        "drafts": [(draft, _step_words(draft)) for draft in mine],
        "key": fresh_key(),
    }
    return TemplateResponse(request, "campaigns/wizard/new.html", context, status=422 if request.method == "POST" else 200)


def _beginning(request: TenantRequest) -> dict[str, Any]:
    """The first answers of what was chosen; empty when nothing was."""
    now = timezone.now()
    if chosen := copies.template(request.POST.get("template", "")):
        return copies.of_template(chosen, at=now)
    key = request.POST.get("type", "")
    return copies.first_answers(key, at=now) if types.is_offered(key) else {}


def _step_words(draft: Draft) -> str:
    open_step = steps.first_open(draft.answers, at=timezone.now())
    return f"{open_step.label} 단계까지 적었어요" if open_step else "모두 적었어요. 확인하고 제출할 수 있어요"


@require_POST
@advertiser_required(roles=SPENDERS)
def duplicate(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """A draft with the design and the settings of this campaign."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    key = request.POST.get("key", "")[:60] or fresh_key()
    return _opened(request, public_id, lambda: copies.duplicate(campaign=campaign, by=request.user, at=timezone.now(), key=key))


@require_POST
@advertiser_required(roles=SPENDERS)
def correct(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """The draft in which a campaign is edited; what may be changed in its state is said when it is submitted."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    if not campaign.is_editable:
        messages.error(request, "지금은 고칠 수 없는 캠페인이에요.")
        return redirect("campaigns:detail", public_id)

    def opens() -> Draft:
        draft, happened = copies.correction(campaign=campaign, by=request.user, at=timezone.now())
        for sentence in happened:
            messages.warning(request, sentence)
        return draft

    return _opened(request, public_id, opens, at=REVIEW)


def _opened(request: TenantRequest, public_id: UUID, opens: Callable[[], Draft], *, at: str = "") -> HttpResponse:
    """The wizard at a step of the draft; a refusal is said on the campaign's page."""
    try:
        draft = opens()
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("campaigns:detail", public_id)
    return redirect(url_of(draft, at or STEPS[1].slug))


# ---- the steps ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=SPENDERS)
def draft_step(request: TenantRequest, public_id: UUID, step: str) -> HttpResponse:
    """One step: shows what was written, keeps what is sent, leads on when nothing is left to put right."""
    draft = access.get_draft(request, public_id)
    if step == REVIEW:
        return review(request, draft, seen=_seen(request))
    if step not in BY_SLUG:
        raise Http404("no such step")
    if draft.campaign is not None:
        return redirect("campaigns:detail", draft.campaign.public_id)
    here = BY_SLUG[step]
    if request.method == "POST":
        return _sent(request, draft, here)
    open_step = steps.first_open(draft.answers, at=timezone.now(), until=step)
    if open_step is not None:
        messages.info(request, f"{open_step.label} 단계를 먼저 마쳐 주세요.")
        return redirect(f"{url_of(draft, open_step.slug)}?check=1")
    checks, more = "check" in request.GET, request.GET.get("more", "")
    return _page(request, draft, here, more=more, problems=steps.problems(here, draft.answers, at=timezone.now()) if checks else [])


def _sent(request: TenantRequest, draft: Draft, step: Step) -> HttpResponse:
    """What a press or a pause in typing sent."""
    now, intent = timezone.now(), request.POST.get("intent", "")
    typed = StepForm(step, _known(request, draft, step)).typed(request.POST)
    extra = _uploaded(request, draft, step, typed, intent)
    try:
        saved = drafts.save_step(draft=draft, step=step, typed=typed, seen=_seen(request), tab=_tab(request), at=now)
    except drafts.DraftChanged as conflict:
        return _conflict(request, conflict.draft, step, typed)
    except drafts.DraftSubmitted as refusal:
        messages.info(request, str(refusal))
        return _away(request, url_of(draft, step.slug))
    if extra is not None:
        return _page(request, saved, step, problems=[extra], status=422)
    if intent == "autosave":
        return _page(request, saved, step)
    if intent in ("save", "compare") or intent.startswith(("more:", "image:", "drop:")):
        return redirect(f"{url_of(saved, step.slug)}?{_kept_view(request, intent)}")
    if intent == "leave":
        messages.success(request, "저장했어요. 새 캠페인에서 이어서 쓸 수 있어요.")
        return redirect("campaigns:new")
    if intent.startswith("top_up"):
        return redirect(top_up_url(request, saved, package=intent.partition(":")[2]))
    if wrong := steps.problems(step, saved.answers, at=now):
        return _page(request, saved, step, problems=wrong, status=422)
    if step.slug == "design":
        _look(saved)
    following = steps.after(step)
    return redirect(url_of(saved, following.slug if following else REVIEW))


def _kept_view(request: TenantRequest, intent: str) -> str:
    """What the page looks at, for its address: a reload after a press asks for the page and sends nothing again."""
    asked = {
        "view": request.POST.get("view"),
        "text": request.POST.get("text"),
        "shade": request.POST.get("shade"),
        "more": intent.removeprefix("more:"),
    }
    return urlencode({name: value for name, value in asked.items() if value and (name != "more" or intent.startswith("more:"))})


def _known(request: TenantRequest, draft: Draft, step: Step) -> steps.Answers:
    """The answers by which the sent page was drawn: the rows of a list are as many as were sent."""
    rows: dict[str, dict[str, int]] = {part: {} for part in step.parts if part != "type"}
    for name in request.POST:
        match name.split("-"):
            case [part, group, number, _] if part in rows and number.isascii() and number.isdigit() and len(number) <= 2:
                rows[part][group] = max(rows[part].get(group, 0), int(number) + 1)
    sent: dict[str, Any] = {part: {group: [{} for _ in range(count)] for group, count in counted.items()} for part, counted in rows.items()}
    return {**draft.answers, **sent}


def _uploaded(request: TenantRequest, draft: Draft, step: Step, typed: dict[str, Any], intent: str) -> Problem | None:
    """Take what was uploaded or chosen into the answers; what cannot be taken is a problem beside its field."""
    now = timezone.now()
    chosen = intent.partition(":")
    if step.slug == "design":
        if chosen[0] == "image" and (known := images.find(request.advertiser, chosen[2])):
            typed["design"]["image"] = str(known.public_id)
        if intent == "drop:image":
            typed["design"].pop("image", None)
    if reward := typed.get("reward"):
        reward |= {"prizes": gifts.filled_in(reward["prizes"])} if "prizes" in reward else {}
    if intent == "drop:exclusions":
        typed.get("setting", {}).pop("exclusions", None)
    try:
        if step.slug == "design" and (picture := request.FILES.get("upload")):
            stored = images.store(advertiser=request.advertiser, upload=picture, by=request.user, at=now)
            typed["design"]["image"] = str(stored.public_id)
        if step.slug == "setting" and (people := request.FILES.get("people")):
            kept = audience.keep_list(advertiser=request.advertiser, upload=people, by=request.user, at=now)
            typed["setting"]["exclusions"] = str(kept.public_id)
    except images.ImageRefused as refusal:
        return Problem("design", "image", str(refusal))
    except audience.ListRefused as refusal:
        return Problem("setting", "exclusions", str(refusal))
    return None


def _seen(request: TenantRequest) -> int | None:
    """The version that the page knew; None when the writer chose to write over the other one."""
    if request.POST.get("intent") == "mine":
        return None
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) <= 9 else 0


def _tab(request: TenantRequest) -> str:
    """What tells one open page from another; a page keeps its own while it is sent again."""
    return request.POST.get("tab", "")[:60] or fresh_key()


def _look(draft: Draft) -> None:
    """Open the landing page once and remember what was found; the review page says it."""
    url = draft.answers["design"]["landing_url"]
    checked = landing.checked(url)
    if drafts.finding_of(draft) is None:
        drafts.keep_finding(draft=draft, url=url, finding=landing.look(checked))


def _page(
    request: TenantRequest, draft: Draft, step: Step, *, problems: list[Problem] | None = None, more: str = "", status: int = 200
) -> HttpResponse:
    form = StepForm(step, draft.answers, problems=problems, more=more)
    following = steps.after(step)
    back = steps.before(step.slug)
    context = {
        "draft": draft,
        "step": step,
        "steps": progress(draft, step.slug),
        "number": STEPS.index(step) + 1,
        "form": form,
        "tab": _tab(request),
        "next_label": following.leads_to if following else "한 번에 확인하기",
        "back_url": url_of(draft, back.slug) if back else reverse("campaigns:new"),
        "step_url": url_of(draft, step.slug),
        **BESIDE[step.slug](request, draft),
    }
    template = TEMPLATES_OF_STEPS[step.slug]
    is_fragment = request.htmx and request.POST.get("intent") == "autosave"
    return TemplateResponse(request, f"{template}#autosaved" if is_fragment else template, context, status=status)


def _conflict(request: TenantRequest, theirs: Draft, step: Step, mine: dict[str, Any]) -> HttpResponse:
    """Both versions of a step that two tabs wrote, side by side; the writer chooses."""
    if request.htmx:
        return TemplateResponse(request, "campaigns/wizard/_changed.html", {"step_url": url_of(theirs, step.slug)}, status=422)
    context = {
        "draft": theirs,
        "step": step,
        "steps": progress(theirs, step.slug),
        "step_url": url_of(theirs, step.slug),
        "rows": _differences(theirs.answers, mine, step),
        "sent": [(name, value) for name in request.POST if name not in _OF_THE_PAGE for value in request.POST.getlist(name)],
    }
    return TemplateResponse(request, "campaigns/wizard/conflict.html", context, status=409)


_OF_THE_PAGE = ("csrfmiddlewaretoken", "intent", "version", "tab", "view", "text", "shade")


def _differences(theirs: dict[str, Any], mine: dict[str, Any], step: Step) -> list[tuple[str, str, str]]:
    """(field, their value, my value) in words, where they differ."""
    rows = []
    for part in step.parts:
        ours, other = mine.get(part) or {}, theirs.get(part) or {}
        if not isinstance(ours, dict) or not isinstance(other, dict):
            ours, other = {part: ours or ""}, {part: other or ""}
        for field in [*other, *(field for field in ours if field not in other)]:
            if other.get(field) != ours.get(field):
                rows.append((words_of(part, field, theirs), shown(other.get(field, "–")), shown(ours.get(field, "–"))))
    return rows


@require_POST
@advertiser_required(roles=SPENDERS)
def draft_discard(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Throw a draft away."""
    draft = access.get_draft(request, public_id)
    try:
        drafts.discard(draft=draft)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "작성 중인 캠페인을 지웠어요.")
    return redirect("campaigns:new")


# ---- what the pages show -----------------------------------------------------------------------------------------------


@xframe_options_sameorigin
@require_safe
@advertiser_required(roles=SPENDERS)
def draft_preview(request: TenantRequest, public_id: UUID, view: str) -> HttpResponse:
    """The draft as members will see it; shown inside the wizard's phone and nowhere else."""
    draft = access.get_draft(request, public_id)
    if view not in preview.VIEWS:
        raise Http404("no such view")
    text, shade = request.GET.get("text", ""), request.GET.get("shade", "")
    text = text if text in preview.TEXTS else "usual"
    shade = shade if shade in preview.SHADES else "light"
    response = HttpResponse(preview.page(request, draft, view=view, text=text, shade=shade, at=timezone.now()))
    response._csp_replace = {"frame-ancestors": ["'self'"]}  # type: ignore[attr-defined]
    return response


@require_safe
@advertiser_required()
def image(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """A picture of the advertiser's own library."""
    found = images.find(request.advertiser, public_id)
    if found is None:
        raise Http404("no such picture of this advertiser")
    return images.answer(found)


def _away(request: HttpRequest, url: str) -> HttpResponse:
    """Lead to another page, from a fragment too."""
    if getattr(request, "htmx", False):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url)
