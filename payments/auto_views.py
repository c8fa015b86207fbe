"""Automatic top-up: what was agreed to, its cards, and what came of it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers.access import PAYERS, TenantRequest, advertiser_required, require_role
from common.errors import DomainError
from common.provider import GatewayError
from identity.models import User
from payments import access, selectors, services
from payments.forms import AutoTopUpForm, choice_of
from payments.gateways import get_gateway
from payments.gateways.base import ConfirmRefused
from payments.models import AutoTopUp, Package, SavedCard
from payments.views import pay_page

PAGE = "payments:auto-top-up"
FROM_THE_WINDOW = ("authKey", "customerKey", "billingKey", "code", "transactionType")


@advertiser_required()
@require_http_methods(["GET", "POST"])
def auto_top_up(request: TenantRequest) -> HttpResponse:
    """The rule as it stands, the form that changes it, the cards, and the last charges."""
    now, packages = timezone.now(), list(Package.objects.offered())
    state = selectors.auto_top_up_of(request.advertiser, at=now)
    may_pay = request.membership.role in PAYERS
    if request.method == "POST":
        require_role(request.membership, PAYERS)
    form = AutoTopUpForm(request.POST if request.method == "POST" else None, packages=packages, initial=_initial(state.setting))
    if request.method == "POST" and form.is_valid():
        try:
            services.agree_to_auto_top_up(advertiser=request.advertiser, wish=_wish(form, packages), by=_person(request), at=now)
        except DomainError as refusal:
            form.add_error("monthly_limit_krw" if isinstance(refusal, services.MonthlyLimitTooSmall) else None, str(refusal))
        else:
            messages.success(request, "자동 충전을 켰어요.")
            return redirect(PAGE)
    context = {"form": form, "state": state, "packages": packages, "may_pay": may_pay}
    return TemplateResponse(request, "payments/auto_top_up.html", context, status=422 if form.errors else 200)


@advertiser_required(roles=PAYERS)
@require_POST
def auto_top_up_stop(request: TenantRequest) -> HttpResponse:
    """Stop it now."""
    services.stop_auto_top_up(advertiser=request.advertiser, by=_person(request), at=timezone.now())
    messages.success(request, "자동 충전을 멈췄어요. 이미 시작한 결제는 끝까지 진행돼요.")
    return redirect(PAGE)


@advertiser_required(roles=PAYERS)
@require_POST
def card_add(request: TenantRequest) -> HttpResponse:
    """Begin to register a card; its page opens the window."""
    try:
        card = services.begin_card(advertiser=request.advertiser, by=_person(request), at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect(PAGE)
    return redirect("payments:card", card.public_id)


@never_cache
@advertiser_required(roles=PAYERS)
@require_safe
@pay_page
def card(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The way into the gateway's window, and back from it the last press, which alone keeps the card."""
    found = access.get_card(request, public_id, roles=PAYERS)
    if found.state != SavedCard.State.ASKED:
        return redirect(PAGE)
    said = {name: request.GET[name] for name in FROM_THE_WINDOW if name in request.GET}
    gateway = get_gateway(found.gateway)
    context = {"card": found, "said": said, "is_left": "code" in said, "gateway_label": gateway.label}
    if not said or "code" in said:
        context |= {"checkout": _window(found), "script_url": gateway.script_url, "opener": f"js/pay/{gateway.name}.js"}
    response = TemplateResponse(request, "payments/card.html", context)
    response.pay_hosts = gateway.browser_hosts  # type: ignore[attr-defined]
    return response


@advertiser_required(roles=PAYERS)
@require_POST
def card_register(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep the card that the window gave."""
    found = access.get_card(request, public_id, roles=PAYERS)
    said = {name: request.POST[name][:500] for name in FROM_THE_WINDOW if name in request.POST}
    try:
        services.register_card(card=found, said=said, at=timezone.now())
    except ConfirmRefused as refusal:
        messages.error(request, refusal.words)
        return redirect("payments:card", public_id)
    except GatewayError:
        messages.error(request, "카드사에 확인하지 못했어요. 카드는 아직 등록되지 않았어요. 잠시 후 처음부터 다시 해 주세요.")
        return redirect("payments:card", public_id)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "카드를 등록했어요.")
    return redirect(PAGE)


@advertiser_required(roles=PAYERS)
@require_POST
def card_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Never charge the card again."""
    services.remove_card(card=access.get_card(request, public_id, roles=PAYERS), at=timezone.now())
    messages.success(request, "카드를 지웠어요. 결제사에서도 지워요.")
    return redirect(PAGE)


def _window(card: SavedCard) -> dict[str, object]:
    try:
        return services.card_window(card)
    except services.AutoTopUpOff:
        raise Http404("no contract for cards any more") from None


def _initial(setting: AutoTopUp | None) -> dict[str, object]:
    if setting is None:
        return {}
    return {
        "below_credits": setting.below_credits,
        "choice": choice_of(setting.package),
        "monthly_limit_krw": setting.monthly_limit_krw,
    }


def _wish(form: AutoTopUpForm, packages: list[Package]) -> services.AutoTopUpWish:
    package = next((package for package in packages if package.pk == form.value.package_id), None)
    if package is None:
        raise services.PackageNotOffered
    return services.AutoTopUpWish(
        package=package,
        shown_krw=form.value.shown_krw,
        below_credits=form.value.below_credits,
        monthly_limit_krw=form.value.monthly_limit_krw,
    )


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (advertiser_required)
    return request.user
