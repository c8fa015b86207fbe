"""
Kakao, Naver and Google as allauth asks for them: it finds this module by its name. Addresses come from the settings, so that a sandbox may
stand in; of people we ask the number alone, no name, no address.
"""

from typing import Any

from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.kakao.provider import KakaoProvider
from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
from allauth.socialaccount.providers.naver.provider import NaverProvider
from allauth.socialaccount.providers.naver.views import NaverOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

from common import portals


class _FromSettings:
    """Addresses of one service, read when they are needed."""

    provider_id: str

    @property
    def authorize_url(self) -> str:
        return str(settings.SOCIAL_LOGIN[self.provider_id]["authorize_url"])

    @property
    def access_token_url(self) -> str:
        return str(settings.SOCIAL_LOGIN[self.provider_id]["token_url"])

    @property
    def profile_url(self) -> str:
        return str(settings.SOCIAL_LOGIN[self.provider_id]["profile_url"])

    identity_url = profile_url

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """On our own origin, whatever a request says."""
        return portals.absolute(portals.ADVERTISER, f"{self.provider_id}_callback")


class KakaoAdapter(_FromSettings, KakaoOAuth2Adapter):  # type: ignore[misc]
    """Kakao."""


class NaverAdapter(_FromSettings, NaverOAuth2Adapter):  # type: ignore[misc]
    """Naver."""


class GoogleAdapter(_FromSettings, GoogleOAuth2Adapter):  # type: ignore[misc]
    """Google: who it is stands in the token's own answer."""


class Kakao(KakaoProvider):  # type: ignore[misc]
    """Kakao; without a scope it tells the number."""

    oauth2_adapter_class = KakaoAdapter

    def get_default_scope(self) -> list[str]:
        return []


class Naver(NaverProvider):  # type: ignore[misc]
    """Naver; what it tells besides the number is chosen in its console."""

    oauth2_adapter_class = NaverAdapter


class Google(GoogleProvider):  # type: ignore[misc]
    """Google."""

    oauth2_adapter_class = GoogleAdapter
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["openid"]


provider_classes = [Kakao, Naver, Google]
