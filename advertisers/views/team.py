"""The team: who is in it, who is invited, what each role may commit, and what changed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers import access, history, selectors, services
from advertisers.access import OWNERS, TenantRequest, advertiser_required
from advertisers.forms import InvitationForm, LimitForm, RecipientForm, RoleForm
from advertisers.models import Membership
from common.errors import DomainError
from identity import step_up
from identity.step_up import Purpose

RECENT = 5


@require_POST
@advertiser_required()
def switch(request: TenantRequest) -> HttpResponse:
    """Act for another advertiser from now on."""
    wanted = request.POST.get("advertiser", "")
    chosen = services.choose(user=request.user, advertiser=UUID(wanted), at=timezone.now()) if selectors.is_uuid(wanted) else None
    if chosen is None:
        raise Http404("no membership there")
    access.switch(request, chosen)
    messages.success(request, f"이제 {chosen.advertiser.name} 광고주로 보고 있어요.")
    return redirect("advertisers:dashboard")


@require_safe
@advertiser_required()
def team(request: TenantRequest) -> HttpResponse:
    """Everybody who acts for this advertiser."""
    return _page(request)


def _page(request: TenantRequest, **refused: Any) -> HttpResponse:
    """The page; refused: the form that was not taken, by its name."""
    limits = services.limits_of_roles(advertiser=request.advertiser)
    refused_limit: LimitForm | None = refused.pop("limit_form", None)
    forms = [_limit_form(role, known) for role, known in limits.items()]
    context = {
        "team": selectors.team(request.advertiser, at=timezone.now()),
        "is_owner": request.membership.is_owner,
        "membership": request.membership,
        "invitation_form": InvitationForm(initial={"role": Membership.Role.MANAGER.value}),
        "limit_forms": [refused_limit if refused_limit and refused_limit.role == form.role else form for form in forms],
        "limits": [(Membership.Role(role).label, known) for role, known in limits.items()],
        "recipient_form": RecipientForm(auto_id="id_recipient_%s"),
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
        "changes": history.changes(request.advertiser, last=RECENT),
        **refused,
    }
    status = 422 if refused or refused_limit else 200
    return TemplateResponse(request, "advertisers/team.html", context, status=status)


def _limit_form(role: str, known: services.Limits, **options: Any) -> LimitForm:
    initial = {"monthly_credits": known.launch, "monthly_top_up_credits": known.top_up}
    return LimitForm(role=role, initial=initial, auto_id=f"id_{role}_%s", **options)


@require_safe
@advertiser_required()
def team_history(request: TenantRequest) -> HttpResponse:
    """What changed, when, and who did it."""
    return TemplateResponse(
        request, "advertisers/team_history.html", {"changes": history.changes(request.advertiser), "most": history.LAST}
    )


@require_POST
@advertiser_required(roles=OWNERS)
def invite(request: TenantRequest) -> HttpResponse:
    """Send an invitation, or send it again."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            services.invite(advertiser=request.advertiser, email=form.value.email, role=form.value.role, by=request.user, at=timezone.now())
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, "초대 메일을 보냈어요. 7일 안에 수락할 수 있어요.")
            return redirect("advertisers:team")
    return _page(request, invitation_form=form)


@require_POST
@advertiser_required(roles=OWNERS)
def revoke_invitation(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    return _act(request, "초대를 취소했어요.", services.revoke, invitation=public_id, at=timezone.now())


@require_POST
@advertiser_required(roles=OWNERS)
def change_role(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "고를 수 있는 역할이 아니에요.")
        return redirect("advertisers:team")
    role = form.cleaned_data["role"]
    return _act(request, "역할을 바꿨어요.", services.change_role, member=public_id, role=role, by=request.user, at=timezone.now())


@require_POST
@advertiser_required(roles=OWNERS)
@step_up.required(Purpose.MEMBER_REMOVAL)
def remove_member(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Take a member out of the team."""
    done = "구성원을 내보냈어요. 이 팀의 화면과 API를 바로 쓸 수 없게 됐어요."
    return _act(request, done, services.remove, member=public_id, by=request.user, at=timezone.now())


@require_POST
@advertiser_required(roles=OWNERS)
@step_up.required(Purpose.OWNER_TRANSFER)
def make_owner(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Hand the advertiser over to another member."""
    done = "소유자를 넘겼어요. 이제 운영 담당 역할이에요."
    return _act(request, done, services.transfer_ownership, member=public_id, by=request.user, at=timezone.now())


@require_POST
@advertiser_required()
def leave(request: TenantRequest) -> HttpResponse:
    """Go out of the team oneself."""
    name = request.advertiser.name
    try:
        services.leave(membership=request.membership, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("advertisers:team")
    messages.success(request, f"{name} 팀에서 나왔어요.")
    return redirect("/")


@require_POST
@advertiser_required(roles=OWNERS)
def set_limit(request: TenantRequest) -> HttpResponse:
    """Say what a role may commit and pay for in a month."""
    role = request.POST.get("role", "")
    if role not in services.LIMITED:
        messages.error(request, str(services.NothingToLimit()))
        return redirect("advertisers:team")
    form = _limit_form(role, services.Limits(), data=request.POST)
    if not form.is_valid():
        return _page(request, limit_form=form)
    return _act(request, "한도를 저장했어요.", services.set_limit, role=role, by=request.user, at=timezone.now(), **form.value.model_dump())


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=OWNERS)
def member_limit(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One member's own limits, before those of the role."""
    member = Membership.objects.of(request.advertiser).filter(public_id=public_id, is_active=True).select_related("user", "limit").first()
    if member is None or member.role not in services.LIMITED:
        raise Http404("nobody whose limits are set")
    known = getattr(member, "limit", None)
    limits = services.Limits(known.monthly_credits, known.monthly_top_up_credits) if known else services.Limits()
    form = _limit_form(member.role, limits, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _act(
            request, "구성원 한도를 저장했어요.", services.set_member_limit, member=public_id, by=request.user, at=timezone.now(),
            **form.value.model_dump(),
        )  # fmt: skip
    context = {"form": form, "member": member, "role_limits": services.limits_of_roles(advertiser=request.advertiser)[member.role]}
    return TemplateResponse(request, "advertisers/member_limit.html", context, status=422 if form.errors else 200)


@require_POST
@advertiser_required(roles=OWNERS)
def add_recipient(request: TenantRequest) -> HttpResponse:
    """Let an address get reports."""
    form = RecipientForm(request.POST, auto_id="id_recipient_%s")
    if form.is_valid():
        try:
            services.add_recipient(advertiser=request.advertiser, email=form.value.email, by=request.user, at=timezone.now())
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, "주소로 확인 메일을 보냈어요. 받겠다고 누르면 보고서를 보내기 시작해요.")
            return redirect("advertisers:team")
    return _page(request, recipient_form=form)


@require_POST
@advertiser_required(roles=OWNERS)
def remove_recipient(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Send no reports to an address any more."""
    if not services.remove_recipient(advertiser=request.advertiser, recipient=public_id):
        raise Http404("no such recipient")
    messages.success(request, "보고서 받는 주소를 지웠어요.")
    return redirect("advertisers:team")


def _act(request: TenantRequest, done: str, service: Callable[..., Any], **what: Any) -> HttpResponse:
    """One call of a service for this advertiser, and its answer as a message of the team page."""
    try:
        service(advertiser=request.advertiser, **what)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("advertisers:team")
