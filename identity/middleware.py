"""The gate of each portal."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from common.portals import BACKOFFICE
from common.public import is_public
from identity import access_log, known_browsers, networks, parked, sessions
from identity.backends import KIND_OF_PORTAL
from identity.browsers import address_of
from identity.models import User
from identity.models.people import ENDED

# What an operator may see after the password and before the second factor, beside the public pages.
_BEFORE_SECOND_FACTOR = frozenset({"account_reauthenticate", "mfa_activate_totp"})

_OF_PAGES = ("GET", "HEAD", "POST")


class PortalGateMiddleware:
    """
    A signed-in person of the wrong kind, or whose session is over, is signed out; the back office is closed to everybody but
    operators who passed a second factor; answers to signed-in people are stored by nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with access_log.come_in(address=address_of(request)):
            return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        portal = getattr(request, "portal", "")
        signed_in = request.user.is_authenticated
        if isinstance(request.user, User):
            at = timezone.now()
            if request.user.kind != KIND_OF_PORTAL.get(portal):
                logout(request)
            elif request.user.has_ended(at=at):
                logout(request)
                messages.error(request, ENDED)
            elif sessions.is_over(request.session, portal=portal, at=at):
                self._end(request)
            else:
                sessions.touch(request.session, portal=portal, at=at)
        response = self.get_response(request)
        if signed_in or request.user.is_authenticated:
            patch_cache_control(response, no_store=True)
        known_browsers.remember(request, response, portal=portal)
        return response

    @staticmethod
    def _end(request: HttpRequest) -> None:
        """Sign out somebody whose time is over; process_view keeps the form they were sending, once it is known not to be forged."""
        request.left_user = request.user.pk  # type: ignore[attr-defined]
        acting_for = request.session.get(sessions.ACTING_FOR)
        logout(request)
        if acting_for:  # a form that is kept now was written for this one, and is sent for no other
            request.session[sessions.ACTING_FOR] = acting_for
        messages.info(request, "오래 쓰지 않아 로그아웃했어요. 다시 로그인해 주세요.")

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """
        Pages are read and forms are posted; other methods belong to the JSON doors. Then the back office's own gate, in front of every
        page of it; the addresses can only be named once the URLconf is chosen.
        """
        access_log.at_door(request.resolver_match.view_name if request.resolver_match else "")
        if request.method not in _OF_PAGES and not request.path_info.startswith("/api/"):
            return HttpResponseNotAllowed(_OF_PAGES)
        if getattr(request, "portal", "") != BACKOFFICE:
            left = getattr(request, "left_user", None)
            if left and request.method == "POST" and parked.keep(request, user_id=left, at=timezone.now()):
                return redirect_to_login(reverse("parked-form"), reverse("account_login"))
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not isinstance(request.user, User):
            return None if is_public(BACKOFFICE, name) else redirect_to_login(request.get_full_path(), reverse("account_login"))
        if not networks.may_come_from(request.user, address_of(request)):
            access_log.note(actor=request.user, action="access.wrong_network", subject=f"user:{request.user.public_id}", at=timezone.now())
            raise PermissionDenied
        if is_public(BACKOFFICE, name) or name in _BEFORE_SECOND_FACTOR or has_second_factor(request, request.user):
            return None
        return redirect("mfa_activate_totp")


def has_second_factor(request: HttpRequest, user: User) -> bool:
    """True when the operator owns a second factor and has shown it in this session."""
    shown = any(record.get("method") == "mfa" for record in get_authentication_records(request, user))
    owns = Authenticator.objects.filter(user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
    return shown and owns.exists()


def has_app(user: User) -> bool:
    """True when the person registered an authenticator app."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())
