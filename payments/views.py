"""Pages of paying, getting money back, and looking both up."""

import logging
from collections.abc import Callable
from datetime import date
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers.access import PAYERS, REFUNDERS, advertiser_required
from advertisers.models import Advertiser
from common.errors import Busy, DomainError
from common.kst import day_of
from common.portals import is_own_url
from common.provider import GatewayError
from credits import selectors as balances
from identity import step_up
from payments import access, labels, order_files, payer_views, policy, selectors, services
from payments.forms import AccountForm, RefundForm, TopUpForm, fresh_key
from payments.gateways import get_gateway
from payments.models import Package, PaymentOrder, Refund
from payments.papers import receipt_pdf

logger = logging.getLogger(__name__)

PER_PAGE = 20
FILTERS = (("", "모두"), ("paid", "결제 완료"), ("refunded", "환불"), ("unpaid", "결제 안 됨"))
STATES_OF_FILTER = {
    "paid": [PaymentOrder.State.PAID, PaymentOrder.State.PART_REFUNDED, PaymentOrder.State.DISPUTED],
    "refunded": [PaymentOrder.State.PART_REFUNDED, PaymentOrder.State.REFUNDED],
    "unpaid": [PaymentOrder.State.CREATED, PaymentOrder.State.WINDOW_OPEN, PaymentOrder.State.FAILED, PaymentOrder.State.ABANDONED],
}


# ---- paying ------------------------------------------------------------------------------------------------------------


@advertiser_required(roles=PAYERS)
@require_http_methods(["GET", "POST"])
def top_up(request: HttpRequest) -> HttpResponse:
    """Choose a package, see everything that will be charged and what would be refundable, then go to the order."""
    packages = list(Package.objects.offered())
    if not packages:
        return TemplateResponse(request, "payments/nothing_on_sale.html", {})
    coupon = (request.POST.get("coupon") or request.GET.get("coupon") or "")[:20]
    form = TopUpForm(_sent(request), initial={**fresh_key(), "return_to": _return_to(request), "coupon": coupon})
    if request.method == "POST" and form.is_valid():
        chosen = next((package for package in packages if package.pk == form.value.package), None)
        if chosen is None or chosen.amount_krw != form.value.shown_krw:
            form.add_error(None, "결제할 금액이 달라졌어요. 아래 금액을 확인하고 다시 눌러 주세요.")
        else:
            try:
                return _to_pay_window(request, chosen, form)
            except DomainError as refused:
                form.add_error(None, str(refused))
    selected, now = _selected(request, packages), timezone.now()
    first = get_gateway(settings.PAYMENT_GATEWAY)
    ways = selectors.ways_for(selected, request.advertiser, gateway=first.name, methods=first.methods, at=now)  # type: ignore[attr-defined]
    if by_bank := selectors.way_by_bank(selected, request.advertiser, gateway=first.name, at=now):  # type: ignore[attr-defined]
        ways.append(by_bank)
    gain, refusal = selectors.gain_of(selected, request.advertiser, coupon=coupon, at=now)  # type: ignore[attr-defined]
    context = {
        "form": form,
        "packages": packages,
        "selected": selected,
        "by_name": labels.is_package(),
        "coupon_refusal": refusal,
        "gain": gain,
        "promise": selectors.promise_at(now, gateway=settings.PAYMENT_GATEWAY),
        "first": first,
        "ways": ways,
        "method": _method(request, ways),
        "may_auto": bool(services.auto_gateways(at=now)),
        "account_days": policy.ACCOUNT_DAYS.at(now),
        "may_choose_receipt": selectors.may_choose_receipt(request.advertiser, at=now),  # type: ignore[attr-defined]
        "balance_after": balances.balance(request.advertiser).available + gain.total_credits,  # type: ignore[attr-defined]
    }
    template = "payments/top_up.html#summary" if request.htmx else "payments/top_up.html"  # type: ignore[attr-defined]
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


def _to_pay_window(request: HttpRequest, package: Package, form: TopUpForm) -> HttpResponse:
    """Make the order and let the buyer in; an order that was paid meanwhile just shows itself."""
    order = services.create_order(
        advertiser=request.advertiser,  # type: ignore[attr-defined]
        package=package,
        by=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
        key=f"top-up:{form.value.key}:{package.pk}",
        return_to=form.value.return_to,
        coupon=form.value.coupon,
        shown_bonus=form.value.shown_bonus,
        method=form.value.method,
        wants_receipt=form.value.wants_receipt,
    )
    page = reverse("payments:order", args=[order.order_id])
    return payer_views.into_the_window(request, order) if order.may_be_paid else redirect(page)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What the form sent, however little; None while the page is only opened."""
    return request.POST if request.method == "POST" else None


def _selected(request: HttpRequest, packages: list[Package]) -> Package:
    """The package to show: the one named, else the smallest that covers `?credits=`, else the middle one."""
    named = request.POST.get("package") or request.GET.get("package") or ""
    if found := next((package for package in packages if str(package.pk) == named), None):
        return found
    gap = request.GET.get("credits", "")
    if gap.isascii() and gap.isdigit() and len(gap) <= 15:
        return next((package for package in packages if package.credits >= int(gap)), packages[-1])
    return packages[len(packages) // 2]


def _method(request: HttpRequest, ways: list[selectors.Way]) -> str:
    """The means to show as chosen: the one named if it may be used for this sum, else the first that may."""
    open_ways = [way.method for way in ways if not way.refusal]
    named = request.POST.get("method") or request.GET.get("method") or ""
    return named if named in open_ways else next(iter(open_ways), "")


def _return_to(request: HttpRequest) -> str:
    """Where to go on after paying, if it is a path of ours."""
    wanted = request.GET.get("next", "")[:300]
    return wanted if wanted.startswith("/") and is_own_url(wanted) else ""


def pay_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator: this page alone may load and frame the payment company's hosts, and its pop-ups may answer."""

    @wraps(view)
    def served(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = view(request, *args, **kwargs)
        hosts = getattr(response, "pay_hosts", None)
        if hosts:
            names = ("script-src", "frame-src", "connect-src", "form-action", "img-src")
            response._csp_update = {name: list(hosts) for name in names}  # type: ignore[attr-defined]
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        return response

    return served


@advertiser_required()
@require_safe
@pay_page
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """One order: what it costs, where it stands, what can be done next. Opens the pay window when there is one to open."""
    found = access.get_order(request, order_id)
    may_pay = request.membership.role in PAYERS  # type: ignore[attr-defined]
    context = selectors.deposits_of(found) | {"order": found, "may_pay": may_pay, "may_refund": request.membership.role in REFUNDERS}  # type: ignore[attr-defined]
    if may_pay and found.may_be_paid:
        second = services.second_of(found)
        context |= {"is_away": "away" in request.GET, "second": get_gateway(second).label if second else ""}
    is_open = may_pay and "away" not in request.GET and found.state == PaymentOrder.State.WINDOW_OPEN and found.may_be_paid
    if not is_open:
        return TemplateResponse(request, "payments/order.html", context)
    gateway = get_gateway(found.gateway)
    context |= {
        "checkout": services.checkout_of(found),
        "script_url": gateway.script_url,
        "opener": f"js/pay/{gateway.name}.js",
        "gateway_label": gateway.label,
    }
    response = TemplateResponse(request, "payments/order.html", context)
    response.pay_hosts = gateway.browser_hosts  # type: ignore[attr-defined]
    return response


@advertiser_required(roles=PAYERS)
@require_POST
def order_open(request: HttpRequest, order_id: str) -> HttpResponse:
    """Open the pay window of this order (again): the same order, another card."""
    found = access.get_order(request, order_id, roles=PAYERS)
    page = reverse("payments:order", args=[order_id])
    try:
        return payer_views.into_the_window(request, found)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect(page)


@advertiser_required(roles=PAYERS)
@require_POST
def order_switch(request: HttpRequest, order_id: str) -> HttpResponse:
    """Pay the same order through the other payment company: the number stays, and it is charged once."""
    found = access.get_order(request, order_id, roles=PAYERS)
    try:
        return payer_views.into_the_window(request, services.switch_gateway(order=found))
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("payments:order", order_id)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def order_complete(request: HttpRequest, order_id: str) -> HttpResponse:
    """
    Where the payment company sends the browser back, by GET or by POST from its own site, so without a session and without a token.

    The one named exception to "GET never writes": it asks the gateway and shows order number and state, nothing personal.
    """
    said = request.POST if request.method == "POST" else request.GET
    is_silent = False
    try:
        found = services.sync_order(
            order_id=order_id,
            at=timezone.now(),
            source=services.Source.RETURN,
            said=said.dict(),
            window_closed="code" in said,
        )
    except PaymentOrder.DoesNotExist:
        raise Http404("no such order") from None
    except (GatewayError, Busy):
        found, is_silent = PaymentOrder.objects.unscoped().get(order_id=order_id), True
    waited = said.get("wait", "0")
    turn = min(int(waited), 20) if waited.isascii() and waited.isdigit() else 0
    is_issued = found.state == PaymentOrder.State.ACCOUNT_ISSUED and not found.needs_check and not is_silent
    is_checking = not found.is_credited and not is_issued and (is_silent or found.is_waiting)
    context = {"order": found, "is_issued": is_issued, "is_checking": is_checking, "again_in": 3 + 2 * turn, "turn": turn + 1}
    return TemplateResponse(request, "payments/order_complete.html", context)


@advertiser_required()
@require_safe
def order_receipt(request: HttpRequest, order_id: str) -> HttpResponse:
    """What was sold, to whom, for how much; with the way to the card company's own slip."""
    found = access.get_order(request, order_id)
    if not found.is_credited:
        raise Http404("nothing was paid")
    refunds = found.refunds.filter(state=Refund.State.DONE).order_by("done_at")
    return TemplateResponse(
        request, "payments/order_receipt.html", {"order": found, "refunds": refunds, "documents": selectors.documents_of(found)}
    )


@advertiser_required()
@require_safe
def order_receipt_pdf(request: HttpRequest, order_id: str) -> HttpResponse:
    """The same on paper."""
    found = access.get_order(request, order_id)
    if not found.is_credited:
        raise Http404("nothing was paid")
    disposition = f'attachment; filename="boost-receipt-{found.order_id}.pdf"'
    return HttpResponse(receipt_pdf(found), content_type="application/pdf", headers={"Content-Disposition": disposition})


# ---- looking up --------------------------------------------------------------------------------------------------------


@advertiser_required()
@require_safe
def payment_history(request: HttpRequest) -> HttpResponse:
    """Every order, newest first."""
    advertiser, now = request.advertiser, timezone.now()  # type: ignore[attr-defined]
    chosen = request.GET.get("state", "")
    orders = selectors.orders_of(advertiser)
    if chosen in STATES_OF_FILTER:
        orders = orders.filter(state__in=STATES_OF_FILTER[chosen])
    page = Paginator(orders, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": selectors.history_rows(list(page.object_list), at=now),
        "month": selectors.month_of(advertiser, at=now),
        "filters": FILTERS,
        "chosen": chosen,
        "may_pay": request.membership.role in PAYERS,  # type: ignore[attr-defined]
        "may_refund": request.membership.role in REFUNDERS,  # type: ignore[attr-defined]
    }
    return TemplateResponse(request, "payments/payment_history.html", context)


@advertiser_required()
@require_safe
def payment_file(request: HttpRequest, form: str) -> HttpResponse:
    """The orders that the page shows, all of them, to keep. state: as the page has it."""
    if form not in order_files.FORMATS:
        raise Http404("no such form of a history")
    orders = selectors.orders_of(request.advertiser)  # type: ignore[attr-defined]
    chosen = request.GET.get("state", "")
    if chosen in STATES_OF_FILTER:
        orders = orders.filter(state__in=STATES_OF_FILTER[chosen])
    make, content_type = order_files.FORMATS[form]
    headers = {"Content-Disposition": f'attachment; filename="boost-payments-{day_of(timezone.now())}.{form}"'}
    return HttpResponse(make(orders), content_type=content_type, headers=headers)


# ---- getting money back ------------------------------------------------------------------------------------------------


@advertiser_required(roles=REFUNDERS)
@require_http_methods(["GET", "POST"])
def order_refund(request: HttpRequest, order_id: str) -> HttpResponse:
    """The quote with every line that explains it, and the request."""
    found, now = access.get_order(request, order_id, roles=REFUNDERS), timezone.now()
    asked = request.GET.get("credits", "").replace(",", "")
    part = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 15 else None
    said = (request.POST.get("known_on") or request.GET.get("known_on") or "")[:10]
    known_on = _day(said)
    quote = services.quote_refund(order=found, at=now, credits=part, known_on=known_on)
    form = RefundForm(_sent(request), initial={**fresh_key(), "credits": quote.terms.credits, "known_on": said if known_on else ""})
    if request.method == "POST" and form.is_valid():
        if ask := step_up.missing(request, step_up.Purpose.REFUND):
            return ask
        try:
            services.request_refund(
                order=found,
                credits=form.value.credits,
                reason=form.value.words,
                by=request.user,  # type: ignore[arg-type]
                at=now,
                key=f"refund:{form.value.key}",
                known_on=known_on,
            )
        except DomainError as refusal:
            form.add_error("credits" if isinstance(refusal, services.RefundTooMuch) else None, str(refusal))
        else:
            messages.success(request, "환불을 요청했어요. 운영팀이 영업일 1일 안에 확인해요.")
            return redirect("payments:refunds")
    context = {"order": found, "quote": quote, "form": form, "known_on": known_on, "today": day_of(now)}
    template = "payments/order_refund.html#terms" if request.htmx else "payments/order_refund.html"  # type: ignore[attr-defined]
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


def _day(text: str) -> date | None:
    """A day as browsers write it; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@advertiser_required()
@require_safe
def refunds(request: HttpRequest) -> HttpResponse:
    """What may be asked back now, newest first, and every refund request with how far it is."""
    page = Paginator(selectors.refunds_of(request.advertiser), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    open_now = selectors.refundable_now(request.advertiser, at=timezone.now())  # type: ignore[attr-defined]
    context = {"page": page, "refundable": open_now, "may_refund": request.membership.role in REFUNDERS}  # type: ignore[attr-defined]
    return TemplateResponse(request, "payments/refunds.html", context)


@advertiser_required(roles=REFUNDERS)
@require_http_methods(["GET", "POST"])
def refund_account(request: HttpRequest) -> HttpResponse:
    """The bank account for refunds that a card cannot take back: what is registered, and another one in its place."""
    advertiser: Advertiser = request.advertiser  # type: ignore[attr-defined]
    form = AccountForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        if ask := step_up.missing(request, step_up.Purpose.REFUND_ACCOUNT):
            return ask
        try:
            services.register_account(
                advertiser=advertiser,
                bank=form.value.bank,
                number=form.value.number,
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error("number", str(refusal))
        else:
            messages.success(request, "환불 계좌를 등록했어요. 팀의 관리자 모두에게 알렸어요.")
            return redirect("payments:refund-account")
    context = {"form": form, "account": services.current_account(advertiser), "now": timezone.now()}
    return TemplateResponse(request, "payments/refund_account.html", context, status=422 if form.errors else 200)


@advertiser_required(roles=REFUNDERS)
@require_POST
def refund_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a request back while the card company has not been asked."""
    found = access.get_refund(request, public_id, roles=REFUNDERS)
    try:
        services.withdraw_refund(refund=found, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "환불 요청을 거둬들였어요. 크레딧을 바로 다시 쓸 수 있어요.")
    return redirect("payments:refunds")
