"""What may stand before the pay window: proving who pays, before the first payment, and a second member, above a limit."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers.access import PAYERS, TenantRequest, advertiser_required
from common.errors import DomainError
from identity import browsers, identity_checks
from identity.models import ApprovalRequest, IdentityCheck, User
from payments import access, services
from payments.models import PaymentOrder
from payments.services.payers import PAGE, TOP_UP, subject_of

SHOWN = 50


def into_the_window(request: HttpRequest, order: PaymentOrder) -> HttpResponse:
    """
    Open the pay window, or go where the payer must go first; the order stays the same. A gateway that does not answer is said aloud.

    :raises DomainError: it may not be paid.
    """
    user = request.user
    assert isinstance(user, User)  # noqa: S101  (advertiser_required)
    page = reverse("payments:order", args=[order.order_id])
    if order.may_be_paid and services.is_away(order):
        return redirect(f"{page}?away=1")
    try:
        services.open_window(order=order, by=user, at=timezone.now())
    except services.PayerNotProved:
        return redirect("payments:order-identity", order.order_id)
    except services.OverTopUpLimit as refusal:
        services.ask_second(order=order, by=user, at=timezone.now())
        messages.warning(request, f"{refusal} 다른 구성원에게 승인을 요청했어요. 승인되면 이 주문을 결제할 수 있어요.")
        return redirect(page)
    if order.depositor:  # there is no window: the page shows the account
        services.sync_order(order_id=order.order_id, at=timezone.now())
        return redirect(page)
    return redirect(f"{page}#pay")


@never_cache
@require_http_methods(["GET", "POST"])
@advertiser_required(roles=PAYERS)
def order_identity(request: TenantRequest, order_id: str) -> HttpResponse:
    """Why the house wants to know, the way to the identity window, and, back from it, on with the same order."""
    found = access.get_order(request, order_id, roles=PAYERS)
    page = reverse("payments:order", args=[order_id])
    if not (found.may_be_paid and services.needs_proof(found, at=timezone.now())):
        return redirect(page)
    browser = browsers.mark(request)
    check = identity_checks.latest(browser=browser, purpose=IdentityCheck.Purpose.PAYMENT, user=request.user)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            if check is None:
                raise identity_checks.NotProved
            services.prove_payer(order=found, by=request.user, check=check.public_id, browser=browser, at=timezone.now())
            return into_the_window(request, found)
        except DomainError as caught:
            refusal = caught
    is_usable = refusal is None and check is not None and check.is_verified and check.claimed_at is None
    start = reverse("identity-start", args=[IdentityCheck.Purpose.PAYMENT])
    context = {"order": found, "check": check, "is_usable": is_usable, "refusal": refusal, "start_url": f"{start}?next={request.path}"}
    return TemplateResponse(request, "payments/order_identity.html", context, status=422 if refusal else 200)


@require_safe
@advertiser_required()
def approval_list(request: TenantRequest) -> HttpResponse:
    """Top-ups above a limit: whoever asked and whoever may decide see the same list."""
    rows = ApprovalRequest.objects.filter(subject=subject_of(request.advertiser), kind=TOP_UP).select_related("made_by", "decided_by")
    newest = sorted(rows.order_by("-pk")[:SHOWN], key=lambda row: not row.is_waiting)
    lines = [(row, row.made_by_id == request.user.pk) for row in newest]
    context = {"lines": lines, "may_decide": request.membership.role in PAYERS}
    return TemplateResponse(request, "payments/approvals.html", context)


@require_POST
@advertiser_required(roles=PAYERS)
def approval_approve(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Agree; whoever asked may pay now."""
    try:
        services.approve_as_second(advertiser=request.advertiser, request=public_id, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "승인했어요. 요청한 구성원이 결제할 수 있어요.")
    return redirect(PAGE)


@require_POST
@advertiser_required(roles=PAYERS)
def approval_refuse(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Say no, or take one's own request back."""
    reason = request.POST.get("reason", "").replace("\x00", "")[:200]
    try:
        services.refuse_as_second(advertiser=request.advertiser, request=public_id, by=request.user, reason=reason, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "요청을 닫았어요. 결제된 돈은 없어요.")
    return redirect(PAGE)
