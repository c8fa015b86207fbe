"""Somebody who signs up, in a browser of their own, with a phone and a mailbox."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from identity.models import IdentityCheck
from tests.identity.conftest import Outside, identity_sandbox, outside

__all__ = ["Applicant", "applicant", "company", "identity_sandbox", "outside"]

CONSENTS = {"terms": "on", "privacy": "on"}
BUSINESS = {
    "registration_number": "999-01-00013", "company_name": "온결상회", "representative": "김민지", "opened_on": "2020-03-02",
    "postcode": "04524", "address": "서울 중구 가상대로 12", "address_detail": "3층", "tax_email": "tax@ongyeol.example",
}  # fmt: skip
ACCOUNT = {"username": "minji_ad", "email": "minji.ad@example.com", "password": "봄바람이 분다 2026"}


def picture(format: str = "PNG", size: tuple[int, int] = (600, 800), **options: Any) -> bytes:
    """A picture of a certificate, more or less."""
    drawn = io.BytesIO()
    Image.new("RGB", size, "#eeeeff").save(drawn, format=format, **options)
    return drawn.getvalue()


def file_of(content: bytes, name: str = "사업자등록증.png", type: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=type)


class Applicant:
    """A person at the sign-up pages. Steps are pressed as in a browser."""

    def __init__(self, outside: Outside, kind: str = "personal", *, phone: str = "01055550001", address: str = "10.0.0.1") -> None:
        self.outside, self.kind, self.phone = outside, kind, phone
        self.client = Client(REMOTE_ADDR=address)

    def path(self, step: str) -> str:
        return f"/accounts/signup/{self.kind}/{step}/"

    def look(self, step: str) -> str:
        return self.client.get(self.path(step)).content.decode()

    def post(self, step: str, **data: Any) -> Any:
        return self.client.post(self.path(step), data)

    def consents(self, **more: str) -> Any:
        return self.post("consents", **CONSENTS, **more)

    def shows_phone(self) -> Any:
        self.post("phone", action="send", phone=self.phone)
        self.outside.works()
        return self.post("phone", action="code", code=self.outside.digits(self.phone))

    def goes_to_the_window(self, provider: str = "PORTONE") -> IdentityCheck:
        response = self.client.post(f"/accounts/identity/start/SIGN_UP/?next={self.path('identity')}", {"provider": provider})
        check = IdentityCheck.objects.get(public_id=response.headers["Location"].rstrip("/").rpartition("/")[2])
        self.outside.window(check)
        return check

    def comes_back(self, check: IdentityCheck, person: str, provider: str = "PORTONE") -> Any:
        callback = self.outside.decides(check, person)
        if provider == "PORTONE":
            return self.client.post(f"/accounts/identity/{check.public_id}/complete/")
        return Client().post(f"/accounts/identity/{check.public_id}/return/", callback)  # from another site: without any cookie

    def shows_who(self, person: str = "minji", provider: str = "PORTONE") -> Any:
        self.comes_back(self.goes_to_the_window(provider), person, provider)
        return self.post("identity")

    def business(self, **changes: str) -> Any:
        return self.post("business", **{**BUSINESS, **changes})

    def paper(self, content: bytes | None = None, **options: str) -> Any:
        return self.post("papers", paper=file_of(content or picture(), **options))

    def account(self, **changes: str) -> Any:
        return self.post("account", **{**ACCOUNT, **changes})

    def until_the_account(self, person: str = "minji") -> None:
        """Every step but the last."""
        self.consents()
        self.shows_phone()
        self.shows_who(person)
        if self.kind == "business":
            self.business()
            self.paper()


@pytest.fixture
def applicant(db: None, outside: Outside, settings: Any, tmp_path: Any) -> Applicant:
    """Somebody who signs up as a person."""
    return _applicant(outside, settings, tmp_path, "personal")


@pytest.fixture
def company(db: None, outside: Outside, settings: Any, tmp_path: Any) -> Applicant:
    """Somebody who signs up for a business."""
    return _applicant(outside, settings, tmp_path, "business")


def _applicant(outside: Outside, settings: Any, tmp_path: Any, kind: str) -> Applicant:
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return Applicant(outside, kind)
