"""Who speaks through the advertisers' JSON doors: a person signed in to the advertiser portal, for the team they act for."""

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja.security import APIKeyCookie

from advertisers.access import membership_of
from advertisers.models import Membership
from identity.models import User


class TeamSession(APIKeyCookie):
    """The portal's session; what writes also needs the CSRF token of the page."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Membership | None:
        if not isinstance(request.user, User):
            return None
        try:
            return membership_of(request)
        except Http404:
            return None


class TeamRequest(HttpRequest):
    """What a door behind `TeamSession` is given."""

    user: User
    auth: Membership
