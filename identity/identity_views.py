"""The way to an identity agency's window and back. What the browser brings back only says that it is time to ask."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import portals
from common.errors import DomainError
from identity import browsers, identity_checks
from identity.agencies import get_agency
from identity.models import IdentityCheck, User
from identity.proof_views import next_of

_AFTER = "identity_after"
_OPENS = {
    portals.ADVERTISER: frozenset({IdentityCheck.Purpose.SIGN_UP, IdentityCheck.Purpose.STEP_UP, IdentityCheck.Purpose.PAYMENT}),
    portals.LUCKFFLE: frozenset({IdentityCheck.Purpose.MEMBER}),
}


@require_POST
def start(request: HttpRequest, purpose: str) -> HttpResponse:
    """Begin a try for this browser, then show the way to the window. `next`: where the person goes afterwards."""
    user = request.user if isinstance(request.user, User) else None
    opens = _OPENS.get(request.portal, frozenset())  # type: ignore[attr-defined]
    if purpose not in opens or (user is None) != (purpose == IdentityCheck.Purpose.SIGN_UP):
        raise Http404("no such purpose")
    provider = request.POST.get("provider", "")
    if provider not in IdentityCheck.Provider.values:
        provider = ""
    browser, address = browsers.marked(request), browsers.address(request)
    try:
        check = identity_checks.start(purpose=purpose, user=user, browser=browser, address=address, at=timezone.now(), provider=provider)
    except DomainError as refusal:
        return TemplateResponse(request, "identity/check_refused.html", {"refusal": refusal, "back": next_of(request)}, status=429)
    request.session[_AFTER] = next_of(request)
    return redirect("identity-check", check.public_id)


def _mine(request: HttpRequest, public_id: UUID) -> IdentityCheck:
    """:raises Http404: the try is another browser's."""
    check = IdentityCheck.objects.filter(public_id=public_id, browser=browsers.mark(request)).exclude(browser="").first()
    if check is None:
        raise Http404("no such try")
    return check


def _after(request: HttpRequest) -> str:
    return str(request.session.get(_AFTER) or "/")


@require_safe
def show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The way to the window; once the try is over, on to where the person came from. This page alone may load and frame the agency."""
    check = _mine(request, public_id)
    if check.state != IdentityCheck.State.STARTED:
        return redirect(_after(request))
    back = portals.absolute(request.portal, "identity-return", public_id=check.public_id)  # type: ignore[attr-defined]
    window = get_agency(check.provider).window(ref=check.ref, return_url=back, fail_url=back)
    context: dict[str, Any] = {
        "check": check,
        "window": window,
        "after": _after(request),
        "is_back": "identityVerificationId" in request.GET or "returned" in request.GET,
        "start_url": f"{reverse('identity-start', args=[check.purpose])}?next={_after(request)}",
    }
    response = TemplateResponse(request, "identity/check.html", context)
    names = ("script-src", "frame-src", "connect-src", "form-action", "img-src")
    response._csp_update = {name: list(window.hosts) for name in names}  # type: ignore[attr-defined]
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response


@require_POST
def complete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The window closed: ask the agency, then back to where the person came from."""
    check = identity_checks.complete(public_id=_mine(request, public_id).public_id, callback={}, at=timezone.now())
    return redirect("identity-check", check.public_id) if check.state == IdentityCheck.State.STARTED else redirect(_after(request))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def come_back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """
    Where the agency sends the browser. A post from another site brings no session, and needs none: the number in the address names the
    try, and the agency itself says how it ended. Coming by GET changes nothing.
    """
    if not IdentityCheck.objects.filter(public_id=public_id).exists():
        raise Http404("no such try")
    if request.method == "POST":
        identity_checks.complete(public_id=public_id, callback=request.POST.dict(), at=timezone.now())  # type: ignore[arg-type]
    response = redirect(f"{reverse('identity-check', args=[public_id])}?returned")
    response.status_code = 303
    return response
