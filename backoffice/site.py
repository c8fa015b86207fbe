"""The operators' site: who may enter, and the policy its pages are served under."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from csp.constants import NONCE, SELF
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.sites import UnfoldAdminSite

from backoffice import proof_banner, rights
from common.history import acting
from identity.middleware import has_second_factor
from identity.models import User

_LEFT_OUT = ("password_change", "password_change_done")


class BackofficeSite(UnfoldAdminSite):  # type: ignore[misc]
    """The admin site of the portal `/backoffice/`; operators with a second factor only."""

    site_header = "부스트 운영"
    site_title = "부스트 운영"
    index_title = "운영 현황"
    empty_value_display = "–"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """An active operator who has shown a second factor. The portal's own gate stands in front; this one does not rely on it."""
        if not is_operator(request.user):
            return False
        known = getattr(request, "_has_second_factor", None)
        if known is None:
            known = has_second_factor(request, cast(User, request.user))
            request._has_second_factor = known  # type: ignore[attr-defined]
        return bool(known)

    def get_urls(self) -> list[Any]:
        """Without the theme's own way to a new password: there is one, under the limits of signing in (identity/routes.py)."""
        return [url for url in super().get_urls() if getattr(url, "name", "") not in _LEFT_OUT]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page knows: for whoever may see the ledger also the last proof, when it is red."""
        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request) and rights.has(request.user, rights.Right.SEE_LEDGER):
            context["red_proof"] = proof_banner.red_proof(at=timezone.now())
        return context

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Every page of the site: the gate of the site, and the theme's two exceptions from the content security policy."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in ("GET", "HEAD"):
                return relax_policy(guarded(request, *args, **kwargs))
            reason = request.POST.get("reason", "").replace("\x00", "")[:200]
            with acting(by_id=request.user.pk, reason=reason):  # tables that remember their changes keep who and why
                return relax_policy(guarded(request, *args, **kwargs))

        return served


def is_operator(user: User | AnonymousUser) -> bool:
    """True for an active operator, whatever else is missing."""
    return isinstance(user, User) and user.is_active and user.kind == User.Kind.OPERATOR


def operator_of(request: HttpRequest) -> User:
    """The operator behind a request that has passed the gate."""
    return cast(User, request.user)


def relax_policy(response: HttpResponse) -> HttpResponse:
    """Let the theme evaluate its expressions and set inline styles; a nonce beside 'unsafe-inline' would switch that off."""
    base = cast(dict[str, list[Any]], settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    extra: dict[str, list[str]] = settings.BACKOFFICE_CSP_EXTRA
    response._csp_replace = {  # type: ignore[attr-defined]
        "script-src": [*base["script-src"], *extra["script-src"]],
        "style-src": [*(source for source in base["style-src"] if source != NONCE), *extra["style-src"]],
    }
    return response


site = BackofficeSite(name="backoffice")


def room(*needed: rights.Right) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorator for operator pages: the gate of the site, then one of the rights (403 without)."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if needed and not any(rights.has(request.user, right) for right in needed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return site.admin_view(guarded)

    return decorate


def framed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator above `room`: a page that a desk shows in a frame of its own. It has nothing of the theme, so the strict policy holds."""

    @wraps(view)
    @xframe_options_sameorigin
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
        return response

    return shown


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> TemplateResponse:
    """Answer with a page in the site's frame."""
    request.current_app = site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**site.each_context(request), **context}, status=status)


def after(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser on after a change: HX-Redirect inside a dialog, a redirect otherwise."""
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
