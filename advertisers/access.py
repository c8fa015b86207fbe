"""
The only way from a request to an advertiser and to what it owns: 404 for strangers, 403 for weak roles.

Other apps build their own `access.py` on `membership_of`, and their managers on `owned_by`.

A person may act for several advertisers. Which one, their session says. Switching gives the browser a new form token, so that a form
drawn for one advertiser can never be sent for another.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone

from advertisers.models import Advertiser, Membership
from common.errors_views import TABS_OF_ANOTHER
from common.http import PortalRequest
from identity import access_log, parked
from identity.models import User
from identity.sessions import ACTING_FOR

Role = Membership.Role
EVERYONE = frozenset(Role)
OWNERS = frozenset({Role.OWNER})  # the team, its limits, its keys
SPENDERS = frozenset({Role.OWNER, Role.MANAGER})  # launch and stop campaigns
PAYERS = frozenset({Role.OWNER, Role.FINANCE, Role.MANAGER})  # top up
REFUNDERS = frozenset({Role.OWNER, Role.FINANCE})  # ask for money back
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class NoTeam(Http404):
    """The person acts for no active advertiser: nothing here is theirs, and the page says what they may do."""

    page = "advertisers/no_team.html"


class TenantRequest(PortalRequest):
    """What a view behind `advertiser_required` is given."""

    user: User
    membership: Membership
    advertiser: Advertiser


def membership_of(request: HttpRequest) -> Membership:
    """
    The active membership the signed-in person acts under, read fresh on every request.

    :raises Http404: the person acts for no active advertiser, or sends a form to one they act for no more.
    """
    cached: Membership | None = getattr(request, "_membership", None)
    if cached is None:
        cached = _chosen(request)
        act_under(request, cached)
    return cached


def act_under(request: HttpRequest, membership: Membership) -> None:
    """Let this request act under a membership that was read from the database for it."""
    request._membership = membership  # type: ignore[attr-defined]


def others_of(request: HttpRequest) -> list[Membership]:
    """The memberships the person may switch to, by name. No query beside the one of `membership_of`."""
    cached: list[Membership] | None = getattr(request, "_others", None)
    if cached is None:
        acting = membership_of(request)
        cached = sorted((one for one in _mine(request) if one.pk != acting.pk), key=lambda one: (one.advertiser.name, one.pk))
        request._others = cached  # type: ignore[attr-defined]
    return cached


def switch(request: HttpRequest, membership: Membership) -> None:
    """Act for another advertiser from now on. Forms that other tabs have open are worth nothing any more."""
    request.session[ACTING_FOR] = str(membership.advertiser.public_id)
    request.session[TABS_OF_ANOTHER] = True
    parked.drop(request)  # a form kept from before was for the other one
    rotate_token(request)
    act_under(request, membership)


def _mine(request: HttpRequest) -> list[Membership]:
    """Every advertiser the person may act for, the one chosen last first. One query per request."""
    cached: list[Membership] | None = getattr(request, "_mine", None)
    if cached is None:
        rows = Membership.objects.acting().select_related("advertiser__business", "user").filter(user_id=request.user.pk or 0)
        cached = list(rows.order_by(F("chosen_at").desc(nulls_last=True), "pk"))
        request._mine = cached  # type: ignore[attr-defined]
    return cached


def _chosen(request: HttpRequest) -> Membership:
    mine = _mine(request)
    name = request.session.get(ACTING_FOR)
    if name is not None:
        chosen = next((one for one in mine if one.advertiser.public_id == UUID(name)), None)
        if chosen is not None:
            return chosen
        if request.method not in _READS:
            raise Http404("the person does not act for this advertiser any more")
    if not mine:
        raise NoTeam("no active membership")
    start = mine[0]
    if name is None:
        request.session[ACTING_FOR] = str(start.advertiser.public_id)
    else:
        switch(request, start)
    return start


def require_role(membership: Membership, roles: Iterable[str]) -> None:
    """
    Let a role do something, or write down who wanted to go too far.

    :raises PermissionDenied: the role may not do this.
    """
    if membership.role not in roles:
        subject = f"advertiser:{membership.advertiser.public_id}"
        access_log.note(actor=membership.user, action="access.denied", subject=subject, at=timezone.now())
        raise PermissionDenied


def advertiser_required(*, roles: frozenset[Any] = EVERYONE) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorator: sign-in, an active membership and one of the roles; the view gets a TenantRequest."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            membership = membership_of(request)
            require_role(membership, roles)
            tenant = cast(TenantRequest, request)
            tenant.membership, tenant.advertiser = membership, membership.advertiser
            return view(tenant, *args, **kwargs)

        return guarded

    return decorate
