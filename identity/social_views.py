"""The way to a service and back, and the page of what is linked. A service without keys is not there: 404."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import DomainError
from identity import social
from identity.models import User
from identity.provider import GoogleAdapter, KakaoAdapter, NaverAdapter

_ADAPTERS: dict[str, Any] = {"kakao": KakaoAdapter, "naver": NaverAdapter, "google": GoogleAdapter}
KEYS = tuple(_ADAPTERS)
# What the library raises over an answer that is not what it should be.
_GARBAGE = (KeyError, TypeError, ValueError, AttributeError)
View = Callable[..., HttpResponse]


def start_at(key: str) -> View:
    """To the service's window. A form of ours only: nobody is signed in by following a link."""
    library: View = OAuth2LoginView.adapter_view(_ADAPTERS[key])

    @require_POST
    def start(request: HttpRequest) -> HttpResponse:
        _service_or_404(key)
        return library(request)

    return start


def back_from(key: str) -> View:
    """Back from the service, by an address that it makes of ours; the secret in it was made for this browser."""
    library: View = OAuth2CallbackView.adapter_view(_ADAPTERS[key])

    @never_cache
    @require_safe
    def back(request: HttpRequest) -> HttpResponse:
        _service_or_404(key)
        try:
            return library(request)
        except _GARBAGE:
            provider = get_adapter().get_provider(request, key)
            try:
                get_adapter().on_authentication_error(request, provider)
            except ImmediateHttpResponse as answer:
                return answer.response  # type: ignore[no-any-return]
            raise

    return back


def _service_or_404(key: str) -> social.Service:
    service = social.service_of(key)
    if service is None:
        raise Http404("no such service")
    return service


@never_cache
@require_safe
def unknown(request: HttpRequest) -> HttpResponse:
    """Somebody came with a number that we do not know: sign in to link it, or sign up."""
    waiting = social.pending(request)
    if waiting is None:
        return redirect("account_login")
    return TemplateResponse(request, "identity/social_unknown.html", {"service": waiting.service})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@reauthentication_required(app="allauth.socialaccount")  # type: ignore[untyped-decorator]
def link(request: HttpRequest) -> HttpResponse:
    """One press links who waits in this browser to the account that is signed in; the password was given a moment ago."""
    waiting, user = social.pending(request), request.user
    if waiting is None or not isinstance(user, User):
        return redirect("socialaccount_connections")
    if request.method == "GET":
        return TemplateResponse(request, "identity/social_link.html", {"service": waiting.service})
    if request.POST.get("action") == "leave":
        social.forget(request)
        return redirect("socialaccount_connections")
    try:
        social.link_pending(request, user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{waiting.service.name} 로그인을 연결했어요.")
    return redirect("socialaccount_connections")


@require_safe
def connections(request: HttpRequest) -> HttpResponse:
    """What opens this account beside the password."""
    rows = social.linked(request.user) if isinstance(request.user, User) else {}
    shown = [{"service": service, "since": rows[service.key].date_joined if service.key in rows else None} for service in social.services()]
    response = TemplateResponse(request, "identity/social.html", {"shown": shown})
    response._csp_update = {"form-action": social.hosts()}  # type: ignore[attr-defined]
    return response


@require_POST
@login_required
@reauthentication_required(app="allauth.socialaccount")  # type: ignore[untyped-decorator]
def unlink(request: HttpRequest, service: str) -> HttpResponse:
    """A service opens this account no more."""
    found = _service_or_404(service)
    if not isinstance(request.user, User) or not social.unlink(user=request.user, service=found):
        raise Http404("not linked")
    messages.success(request, f"{found.name} 로그인 연결을 끊었어요.")
    return redirect("socialaccount_connections")
