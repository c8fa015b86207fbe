"""
The only way from a request to an advertiser and to what it owns: 404 for strangers, 403 for weak roles.

Other apps build their own `access.py` on `membership_of`, and their managers on `owned_by`.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from advertisers.models import Advertiser, Membership
from common.http import PortalRequest
from identity.models import User

Role = Membership.Role
EVERYONE = frozenset(Role)
SPENDERS = frozenset({Role.OWNER, Role.MANAGER})  # launch and stop campaigns
PAYERS = frozenset({Role.OWNER, Role.FINANCE, Role.MANAGER})  # top up
REFUNDERS = frozenset({Role.OWNER, Role.FINANCE})  # ask for money back


class TenantRequest(PortalRequest):
    """What a view behind `advertiser_required` is given."""

    user: User
    membership: Membership
    advertiser: Advertiser


def membership_of(request: HttpRequest) -> Membership:
    """
    The active membership the signed-in person acts under, read fresh on every request.

    :raises Http404: the person acts for no active advertiser.
    """
    cached: Membership | None = getattr(request, "_membership", None)
    if cached is None:
        rows = Membership.objects.select_related("advertiser").filter(
            user_id=request.user.pk or 0, is_active=True, advertiser__is_active=True
        )
        cached = rows.order_by("pk").first()
        if cached is None:
            raise Http404("no active membership")
        request._membership = cached  # type: ignore[attr-defined]
    return cached


def require_role(membership: Membership, roles: Iterable[str]) -> None:
    """:raises PermissionDenied: the role may not do this."""
    if membership.role not in roles:
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
