"""Pages on which a signed-in person shows again who they are, and sends again what was kept meanwhile."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from identity import browsers, code_pages, identity_checks, mail_links, parked, phones, step_up
from identity.code_pages import SmsCodeForm, without_referer
from identity.contacts import masked_email
from identity.forms import SecondFactorAgainForm
from identity.models import IdentityCheck, MailLink, PhoneCode, StepUpGrant, User
from identity.passkeys import PasskeyAgainForm

_ASKED_BY_MAIL = "step_up_by_mail"
_BY_CODE, _BY_IDENTITY = PhoneCode.Purpose.STEP_UP, IdentityCheck.Purpose.STEP_UP


def next_of(request: HttpRequest) -> str:
    """Where the person wanted to go: a path of ours, else the portal's first page."""
    wanted = request.GET.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else _home(request)


def _home(request: HttpRequest) -> str:
    return str(settings.PORTAL_HOMES[request.portal])  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "POST"])
def show_who_you_are(request: HttpRequest, purpose: str) -> HttpResponse:
    """A code by SMS, an identity check or the authenticator app, for one purpose; afterwards back to where the person was."""
    user, action = request.user, request.POST.get("action", "")
    if not isinstance(user, User) or purpose not in StepUpGrant.Purpose.values:
        raise Http404("no such purpose")
    code_form = SmsCodeForm(request.POST if action == "code" else None)
    app_form = SecondFactorAgainForm(request.POST if action == "app" else None, user=user)
    passkey_form = PasskeyAgainForm(request.POST if action == "passkey" else None, user=user)
    refusal, method = "", None
    if action == "send" and user.phone:
        try:
            code_pages.send(request, purpose=_BY_CODE, phone=user.phone)
            return redirect(request.get_full_path())
        except DomainError as refused:
            refusal = str(refused)
    elif action == "code" and (code := code_pages.proved(request, code_form, purpose=_BY_CODE)) and code.phone == user.phone:
        method = step_up.Method.SMS
    elif (action == "app" and app_form.is_valid()) or (action == "passkey" and passkey_form.is_valid()):
        method = step_up.Method.SECOND_FACTOR
    elif action == "identity" and user.person_hash and (check := _verified(request, user)):
        try:
            with transaction.atomic(durable=True):
                identity_checks.claim(public_id=check.public_id, purpose=_BY_IDENTITY, browser=check.browser, user=user, at=timezone.now())
            method = step_up.Method.IDENTITY
        except DomainError as refused:
            refusal = str(refused)
    elif action == "mail" and _may_use_mail(user):
        try:
            mail_links.ask_to_show_oneself(user=user, address=browsers.address(request), at=timezone.now())
            request.session[_ASKED_BY_MAIL] = {"purpose": purpose, "next": next_of(request)}
            messages.success(request, "메일을 보냈어요. 이 브라우저에서 10분 안에 링크를 열어 주세요.")
            return redirect(request.get_full_path())
        except DomainError as refused:
            refusal = str(refused)
    if method is not None:
        _another_key(request)
        step_up.grant(user=user, purpose=purpose, method=method, browser=browsers.marked(request), at=timezone.now())
        return redirect(next_of(request))
    keys = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context: dict[str, Any] = {
        "purpose": StepUpGrant.Purpose(purpose).label,
        "phone": phones.masked(user.phone),
        "has_app": Authenticator.Type.TOTP in keys,
        "passkey_form": passkey_form,
        "passkey_options": webauthn.begin_authentication(user) if Authenticator.Type.WEBAUTHN in keys else None,
        "code": code_pages.waiting(request, purpose=_BY_CODE),
        "code_form": code_form,
        "app_form": app_form,
        "refusal": refusal,
        "knows_person": bool(user.person_hash),
        "verified": _verified(request, user),
        "mail": masked_email(user.email) if _may_use_mail(user) else "",
        "here": request.get_full_path(),
        "leave": _home(request),
    }
    return TemplateResponse(request, "identity/step_up.html", context, status=422 if request.method == "POST" else 200)


def _another_key(request: HttpRequest) -> None:
    """The session goes on under another key, and so does its line in the list of devices, by which it can be signed out."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def _may_use_mail(user: User) -> bool:
    """
    A link to the confirmed address, for whoever has nothing better: no number, no app, no passkey, no identity check. Whoever has one of
    those uses it: a mailbox is too often open in the browser that somebody found.
    """
    has_key = Authenticator.objects.filter(user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]).exists()
    return bool(user.email) and not (user.phone or user.person_hash or has_key)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def by_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in the mail; one press grants, in the browser that asked for it alone."""
    user, asked = request.user, request.session.get(_ASKED_BY_MAIL)
    portal: str = request.portal  # type: ignore[attr-defined]
    if not isinstance(user, User) or not asked or not _may_use_mail(user):
        raise Http404("this browser asked for no mail")
    try:
        if request.method == "POST":
            mail_links.show_oneself(token=token, user=user, portal=portal, at=timezone.now())
            del request.session[_ASKED_BY_MAIL]
            _another_key(request)
            browser = browsers.marked(request)
            step_up.grant(user=user, purpose=asked["purpose"], method=step_up.Method.MAIL, browser=browser, at=timezone.now())
            return redirect(asked["next"])
        mail_links.open_link(token=token, purpose=MailLink.Purpose.STEP_UP, portal=portal, at=timezone.now())
    except mail_links.Dead as refusal:
        return without_referer(TemplateResponse(request, "identity/dead_link.html", {"refusal": refusal}, status=410))
    context = {"purpose": StepUpGrant.Purpose(asked["purpose"]).label}
    return without_referer(TemplateResponse(request, "identity/step_up_mail.html", context))


def _verified(request: HttpRequest, user: User) -> IdentityCheck | None:
    """The result that this browser brought back for this person, if it may still be used."""
    check = identity_checks.latest(browser=browsers.mark(request), purpose=_BY_IDENTITY, user=user)
    return check if check is not None and check.is_verified and check.claimed_at is None else None


@login_required
@require_http_methods(["GET", "POST"])
def parked_form(request: HttpRequest) -> HttpResponse:
    """What the person had typed when their session ended or they had to show who they are; POST forgets it."""
    kept = parked.of(request, at=timezone.now())
    if request.method == "POST" or kept is None:
        if request.method == "POST":
            parked.drop(request)
        return redirect(_home(request))
    return TemplateResponse(request, "identity/parked_form.html", {"parked": kept})
