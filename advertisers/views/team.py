"""The team: who is in it, who is invited, what each role may commit, and what changed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers import access, history, selectors, services
from advertisers.access import OWNERS, TenantRequest, advertiser_required
from advertisers.forms import InvitationForm, LimitForm, RecipientForm, RoleForm
from advertisers.models import Membership
from common.errors import DomainError
from identity import step_up
from identity.step_up import Purpose

LIMITED = Membership.Role.MANAGER  # the only role below the owner's that launches campaigns
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
    limit = services.limit_of(advertiser=request.advertiser, role=LIMITED)
    context = {
        "team": selectors.team(request.advertiser, at=timezone.now()),
        "is_owner": request.membership.is_owner,
        "membership": request.membership,
        "invitation_form": InvitationForm(initial={"role": Membership.Role.MANAGER.value}),
        "limit_form": LimitForm(initial={"monthly_credits": limit}),
        "limit": limit,
        "recipient_form": RecipientForm(auto_id="id_recipient_%s"),
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
        "changes": history.changes(request.advertiser, last=RECENT),
        **refused,
    }
    return TemplateResponse(request, "advertisers/team.html", context, status=422 if refused else 200)


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
    """Say what a manager may commit in a month."""
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _page(request, limit_form=form)
    return _act(
        request, "한도를 저장했어요.", services.set_limit, role=LIMITED, monthly_credits=form.value.monthly_credits,
        by=request.user, at=timezone.now(),
    )  # fmt: skip


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
            messages.success(request, "보고서 받는 주소를 등록했어요.")
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
