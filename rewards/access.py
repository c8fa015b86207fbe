"""From a request in the members' portal to the member who sent it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from common.http import PortalRequest
from identity.models import User
from rewards.models import Member


class MemberRequest(PortalRequest):
    """What a view behind `member_required` is given."""

    user: User
    member: Member


def member_of(request: HttpRequest) -> Member | None:
    """The active member who is signed in, read fresh on every request; None for anybody else."""
    if not isinstance(request.user, User):
        return None
    return Member.objects.filter(user=request.user, is_active=True).first()


def member_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    Decorator: an active member; the view gets a MemberRequest. Others sign in first and come back to the page.

    A form's own address is no page: its verb is the last segment, and the page is the address without it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        member = member_of(request)
        if member is None and isinstance(request.user, User):
            messages.error(request, "지금은 이용할 수 없는 계정이에요.")
            return redirect("rewards:home")
        if member is None:
            page = request.path if request.method in ("GET", "HEAD") else request.path.rstrip("/").rsplit("/", 1)[0] + "/"
            return redirect_to_login(page, reverse("account_login"))
        seen = cast(MemberRequest, request)
        seen.member = member
        return view(seen, *args, **kwargs)

    return guarded
