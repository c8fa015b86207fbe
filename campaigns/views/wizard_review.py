"""The last page of the wizard: everything at a glance, what may be rejected, and the submission."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from advertisers.access import TenantRequest
from campaigns import access, forecast, images, landing, linter
from campaigns.models import Draft
from campaigns.views.advertiser import WAITS_FOR_SECOND
from campaigns.views.wizard_parts import cost_of, progress, top_up_url, url_of
from campaigns.wizard import drafts, following, steps
from campaigns.wizard.fields import says_nothing, worded, words_of
from campaigns.wizard.steps import REVIEW, STEPS, Step
from common.errors import DomainError
from identity.models import ApprovalRequest

# Where a refusal of the submission belongs: step and field.
PLACE_OF_REFUSAL = {
    "campaign.price_below_reward": ("credit", "unit_price"),
    "campaign.price_outside_type": ("credit", "unit_price"),
    "credits.insufficient": ("credit", "budget"),
    "campaign.gift_changed": ("reward", "prizes"),
    "campaign.already_over": ("setting", "ends_at"),
    "campaign.landing_gone": ("design", "landing_url"),
    "campaign.image_unknown": ("design", "image"),
    "campaign.image_turned_down": ("design", "image"),
    "campaign.exclusions_unknown": ("setting", "exclusions"),
}


def review(request: TenantRequest, draft: Draft, *, seen: int | None) -> HttpResponse:
    """Show it, or carry the press out. seen: the version that the page showed."""
    now = timezone.now()
    if draft.campaign is not None:
        return redirect("campaigns:detail", draft.campaign.public_id)
    happened = _as_it_would_be(draft)
    if open_step := steps.first_open(draft.answers, at=now):
        messages.info(request, f"{open_step.label} 단계를 먼저 마쳐 주세요.")
        return redirect(f"{url_of(draft, open_step.slug)}?check=1")
    if request.method != "POST":
        return _review_page(request, draft, happened=happened)
    if (intent := request.POST.get("intent", "")).startswith("top_up"):
        return redirect(top_up_url(request, draft, package=intent.partition(":")[2]))
    if seen != draft.version:
        messages.error(request, "화면을 연 뒤에 내용이 바뀌었어요. 다시 확인하고 제출해 주세요.")
        return redirect(url_of(draft, REVIEW))
    try:
        finding = landing.refuse_gone(landing.checked(draft.answers["design"]["landing_url"]))
        sent = drafts.submit(draft=draft, by=request.user, at=timezone.now())
    except DomainError as refusal:
        draft = access.get_draft(request, draft.public_id)  # it may have followed its campaign before it was refused
        return _review_page(request, draft, happened=_as_it_would_be(draft), refusal=refusal)
    if isinstance(sent, ApprovalRequest):
        messages.info(request, WAITS_FOR_SECOND)
        return redirect("campaigns:approvals")
    messages.success(request, "심사를 요청했어요. 영업일 1일 안에 결과를 알려드려요.")
    if not finding.is_fine:
        messages.warning(request, f"연결 주소를 살펴보니 {finding.sentence}")
    return redirect("campaigns:detail", sent.public_id)


def _as_it_would_be(draft: Draft) -> list[str]:
    """Show an edit draft with what it would be submitted with now; sentences on what happened elsewhere. Nothing is written."""
    if draft.corrects is None:
        return []
    try:
        followed = following.follow(draft, draft.corrects)
    except following.DraftOutdated as outdated:
        return [str(outdated)]
    draft.answers = followed.answers
    return followed.sentences


def _review_page(request: TenantRequest, draft: Draft, *, happened: list[str], refusal: DomainError | None = None) -> HttpResponse:
    now = timezone.now()
    step, field = PLACE_OF_REFUSAL.get(refusal.code, ("", "")) if refusal else ("", "")
    cost = cost_of(request, draft)
    design = draft.answers["design"]
    declared = steps.type_of(draft.answers)
    context = {
        "draft": draft,
        "steps": progress(draft, REVIEW),
        "sections": [(one, url_of(draft, one.slug), _summary(draft, one)) for one in STEPS],
        "declared": declared,
        "image": images.find(request.advertiser, design.get("image")),
        "cost": cost,
        "price": steps.price_of(draft.answers, at=now),
        "forecast": forecast.of_answers(draft.answers, advertiser=request.advertiser, at=now, held=cost.held),
        "warnings": linter.warnings(design),
        "finding": drafts.finding_of(draft),
        "design_url": url_of(draft, "design"),
        "refusal": refusal,
        "happened": [sentence for sentence in happened if sentence != str(refusal)],
        "refusal_url": f"{url_of(draft, step)}?check=1#id_{field}" if step else "",
        "back_url": url_of(draft, STEPS[-1].slug),
        "step_url": url_of(draft, REVIEW),
    }
    return TemplateResponse(request, "campaigns/wizard/review.html", context, status=422 if refusal else 200)


def _summary(draft: Draft, step: Step) -> list[tuple[str, str]]:
    """(field, value) of what a step says, in words; the picture and the type are shown by themselves."""
    if step.slug == "select-type":
        declared = steps.type_of(draft.answers)
        return [("유형", declared.name)] if declared else []
    rows = []
    for part in step.parts:
        given = draft.answers.get(part) or {}
        schema = steps.schema_of(part, draft.answers)
        for field in schema.model_fields if schema else ():
            if not says_nothing(given.get(field)) and field not in ("image", "exclusions"):
                rows.append((words_of(part, field, draft.answers), worded(part, field, given[field], draft.answers)))
    return rows
