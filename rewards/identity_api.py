"""The reward app's doors to the identity check: start a try, let PortOne's window open in the app, then have us ask how it ended."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from ninja import Router

from common import portals
from common.schemas import Input, Output
from identity import browsers, identity_checks
from identity.agencies import get_agency
from identity.models import IdentityCheck
from rewards import services
from rewards.app_auth import AppRequest, acting_member

router = Router(tags=["본인확인"])


class IdentityWindow(Output):
    """id: of the try.   parameters: for `PortOne.requestIdentityVerification`."""

    id: UUID
    parameters: dict[str, Any]


class IdentityDone(Input):
    """Which try is over. What the window said is not asked for: our server asks the agency."""

    id: UUID


class IdentityResult(Output):
    """state: STARTED (ask again), FAILED, REFUSED, or VERIFIED, after which the member is known."""

    state: str


@router.post("/identity/start", response=IdentityWindow, summary="본인확인 시작")
def start(request: AppRequest) -> IdentityWindow:
    """Begin a try for this member."""
    member = acting_member(request)
    check = identity_checks.start(
        purpose=IdentityCheck.Purpose.MEMBER,
        user=member.user,
        browser=_browser(request),
        address=browsers.address(request),
        at=timezone.now(),
        provider=IdentityCheck.Provider.PORTONE,
    )
    back = f"{portals.absolute(portals.LUCKFFLE, 'rewards:home')}"
    window = get_agency(check.provider).window(ref=check.ref, return_url=back, fail_url=back)
    return IdentityWindow(id=check.public_id, parameters=window.parameters)


@router.post("/identity/complete", response=IdentityResult, summary="본인확인 끝")
def complete(request: AppRequest, done: IdentityDone) -> IdentityResult:
    """Ask the agency how this member's try ended, and keep who the member is: birth year and sex, and a keyed hash of the person."""
    member = acting_member(request)
    if not IdentityCheck.objects.filter(public_id=done.id, user_id=member.user_id, browser=_browser(request)).exists():
        raise Http404("no such try of this member")
    check = services.prove(member=member, check_id=done.id, browser=_browser(request), at=timezone.now())
    return IdentityResult(state=check.state)


def _browser(request: AppRequest) -> str:
    """An app has no session of ours: a try belongs to the user the token speaks for."""
    return browsers.keyed("app", str(request.auth.user_id))
