"""
Showing again who one is, before something that must not be done by whoever finds an open browser.

    @advertiser_required(roles=REFUNDERS)
    @step_up.required(Purpose.REFUND)              # asks before a form is taken; the form is not lost
    def order_refund(request): ...

    if ask := step_up.missing(request, Purpose.REFUND):   # the same inside a view, after it looked whose thing it is
        return ask
    step_up.require(user=…, purpose=Purpose.API_KEY, browser=browsers.mark(request), at=at)   # for JSON doors: a refusal

A grant is good for ten minutes, for one purpose, in the browser in which it was given.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from common.errors import DomainError
from identity import access_log, browsers, parked
from identity.models import StepUpGrant, User

Purpose = StepUpGrant.Purpose
Method = StepUpGrant.Method
GOOD_FOR = timedelta(minutes=10)
_SAFE = ("GET", "HEAD", "OPTIONS")
View = Callable[..., HttpResponse]


class StepUpMissing(DomainError):
    """The person has not shown who they are within the last ten minutes."""

    code = "identity.step_up_missing"
    message = "계속하려면 본인인지 한 번 더 확인해야 해요."
    http_status = 403


def grant(*, user: User, purpose: str, method: str, browser: str, at: datetime) -> StepUpGrant:
    """Write down that a person showed who they are. Callers have just checked it."""
    access_log.note(actor=user, action="step_up.granted", subject=f"user:{user.public_id}", at=at)
    return StepUpGrant.objects.create(user=user, purpose=purpose, method=method, browser=browser, granted_at=at, expires_at=at + GOOD_FOR)


def is_granted(*, user: User, purpose: str, browser: str, at: datetime) -> bool:
    """True while a grant of this person for this purpose in this browser is good."""
    grants = StepUpGrant.objects.filter(user=user, purpose=purpose, browser=browser, granted_at__lte=at, expires_at__gt=at)
    return bool(browser) and grants.exists()


def require(*, user: User, purpose: str, browser: str, at: datetime) -> None:
    """:raises StepUpMissing: there is no good grant."""
    if not is_granted(user=user, purpose=purpose, browser=browser, at=at):
        raise StepUpMissing(purpose=str(purpose))


def required(purpose: StepUpGrant.Purpose) -> Callable[[View], View]:
    """
    Decorator for pages of signed-in people: looking needs nothing, a form is taken only with a good grant.

    Without one the form is kept while the person shows who they are, and waits for one press afterwards.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return missing(request, purpose) or view(request, *args, **kwargs)

        return guarded

    return decorate


def missing(request: HttpRequest, purpose: StepUpGrant.Purpose) -> HttpResponse | None:
    """Where a signed-in person must go before this form is taken, with the form kept; None when it may be taken now."""
    user, at = request.user, timezone.now()
    if request.method in _SAFE or not isinstance(user, User):
        return None
    if is_granted(user=user, purpose=purpose, browser=browsers.mark(request), at=at):
        parked.drop(request)
        return None
    kept = parked.keep(request, user_id=user.pk, at=at)
    after = reverse("parked-form") if kept else request.get_full_path()
    target = f"{reverse('step-up', args=[purpose.value])}?{urlencode({'next': after})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)
