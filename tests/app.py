"""The reward app in tests: a phone with a member's access token."""

import json
from types import SimpleNamespace

from allauth.headless.tokens.strategies.jwt.internal import create_access_token
from django.test import Client

from identity.tokens import MemberTokens

BASE = "/api/luckffle/v1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"


def token_of(member):
    """An access token as the sign-in gives it, without the slow password."""
    return create_access_token(member.user, SimpleNamespace(session_key="s" * 32), MemberTokens().get_claims(member.user))


class Phone:
    """Calls the JSON API as a member. agent: which device it looks like."""

    def __init__(self, member=None, *, agent=ANDROID, token=None):
        self.agent, self.client = agent, Client(raise_request_exception=False)
        self.token = token if token is not None else token_of(member) if member is not None else ""

    def call(self, method, path, body=None, **headers):
        headers = {"User-Agent": self.agent, **({"Authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        data = {}
        if body is not None:
            data = {"data": body if isinstance(body, (str, bytes)) else json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(BASE + path, headers=headers, **data)

    def get(self, path):
        return self.call("get", path)

    def post(self, path, body=None):
        return self.call("post", path, body)

    def start(self, campaign):
        return self.post(f"/missions/{campaign.public_id}/start")

    def open(self, started):
        return self.post(f"/participations/{started['id']}/open", {"token": started["token"]})

    def confirm(self, started, beat=""):
        return self.post(f"/participations/{started['id']}/confirm", {"token": started["token"], "beat": beat})

    def answer(self, started, answer):
        return self.post(f"/participations/{started['id']}/answer", {"token": started["token"], "answer": answer})

    def apply(self, campaign, text):
        return self.post(f"/missions/{campaign.public_id}/apply", {"text": text})

    def step(self, started, step, *, text="", upload=None):
        """Multipart, with a picture or without."""
        headers = {"User-Agent": self.agent, "Authorization": f"Bearer {self.token}"}
        fields = {"token": started["token"], "step": step, "text": text} | ({"picture": upload} if upload else {})
        return self.client.post(f"{BASE}/participations/{started['id']}/step", fields, headers=headers)

    def picture(self, started, upload):
        """Multipart, as a phone sends a photograph."""
        headers = {"User-Agent": self.agent, "Authorization": f"Bearer {self.token}"}
        fields = {"token": started["token"], "picture": upload}
        return self.client.post(f"{BASE}/participations/{started['id']}/picture", fields, headers=headers)
