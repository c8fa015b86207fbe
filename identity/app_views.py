"""The reward app's sign-in, by allauth headless with our tokens. Formats: docs/app_tokens.md."""

from typing import Any

from allauth.headless.account.views import LoginView, SessionView
from allauth.headless.constants import Client
from allauth.headless.internal.restkit.response import APIResponse
from allauth.headless.tokens.views import RefreshTokenView
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from identity import app_access
from identity.forms import AppLoginInput
from identity.models import User


class AppLogin(LoginView):  # type: ignore[misc]
    """Phone and password for an access and a refresh token."""

    input_class = AppLoginInput


class AppSession(SessionView):  # type: ignore[misc]
    """Who is signed in, and signing out."""

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User):
            app_access.end(request.user, at=timezone.now())
        response: HttpResponse = super().delete(request, *args, **kwargs)
        return response


class AppRefresh(RefreshTokenView):  # type: ignore[misc]
    """A refresh token for new ones; the old one is worth nothing afterwards."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request)
        if response.status_code != 200:
            error = {"code": "token_invalid", "message": "로그인이 끝났어요. 다시 로그인해 주세요."}
            response = APIResponse(request, errors=[error], status=401)
        return response


login = require_POST(AppLogin.as_api_view(client=Client.APP))
session = require_http_methods(["GET", "DELETE"])(AppSession.as_api_view(client=Client.APP))
refresh = require_POST(AppRefresh.as_api_view(client=Client.APP))
