"""
Signing in, finding an ID and choosing a new password tell nobody whether an account exists: not in words, not in status, not in work.

Work is counted, not timed: how often the password hasher ran, and every statement the database was sent, in order. What costs the same work
takes the same time on any machine, however busy it is.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client

from common.models import Effect
from identity import recovery_views
from identity.backends import PortalBackend
from identity.models import MailLink, PhoneCode, User
from tests.factories import UserFactory

LOGIN, FIND, RESET = "/accounts/login/", "/accounts/find-id/", "/accounts/password/reset/"
CHANGES = re.compile(r'(name="csrfmiddlewaretoken" value="|nonce="|"X-CSRFToken": ?")[^"]+')


@dataclass
class Work:
    """What one request cost, and what came back."""

    hashes: int = 0
    statements: list[str] = field(default_factory=list)
    status: int = 0
    location: str = ""
    page: str = ""


@contextmanager
def counted(work: Work, monkeypatch: pytest.MonkeyPatch):
    """Count in here."""

    def note(execute, sql, params, many, context):
        work.statements.append(re.sub(r"_\d+_\w+|s\d+_x\d+", "_", sql))  # without the numbers of savepoints
        return execute(sql, params, many, context)

    with monkeypatch.context() as patched:
        for hasher in (Argon2PasswordHasher, PBKDF2PasswordHasher):
            for name in ("encode", "verify"):
                patched.setattr(hasher, name, _counting(getattr(hasher, name), work))
        with connection.execute_wrapper(note):
            yield


def _counting(original, work):
    def ran(*args, **kwargs):
        work.hashes += 1
        return original(*args, **kwargs)

    return ran


@pytest.fixture
def cost(db, monkeypatch, minji_user):
    """The cost of one form, sent by a browser that never came before, from an address of its own."""
    User.objects.filter(pk=minji_user.pk).update(phone="+821012345678")
    places = iter(range(1, 250))

    def measure(path: str, typed: str, **data: str) -> Work:
        cache.clear()
        work, client = Work(), Client(REMOTE_ADDR=f"10.0.0.{next(places)}")
        with counted(work, monkeypatch):
            response = client.post(path, data)
            work.status, work.location = response.status_code, response.get("Location", "")
            shown = (client.get(work.location) if work.location else response).content.decode()
        work.page = CHANGES.sub(r"\1", shown).replace(typed, "typed")
        return work

    return measure


@pytest.fixture
def nearly_gone(db):
    """People whose rows are there and who cannot sign in: switched off, without a password, of another kind."""
    UserFactory(username="switched_off", is_active=False, email="off@example.com", phone="+821011112222")
    social = UserFactory(username="no_password", email="social@example.com")
    social.set_unusable_password()
    social.save()
    UserFactory(username="office", kind=User.Kind.OPERATOR, email="office@example.com", is_staff=True)


class TestSigningIn:
    def test_s_24_costs_the_same_whoever_is_named(self, cost, nearly_gone):
        names = [
            "minji",
            "minji@example.com",
            "nobody",
            "nobody@example.com",
            "switched_off",
            "no_password",
            "office",
            "office@example.com",
        ]
        by_id, by_mail = cost(LOGIN, "nobody", login="nobody", password="wrong-password"), None
        assert (by_id.hashes, by_id.status) == (1, 422)
        assert len(by_id.statements) > 3
        for name in names:
            work = cost(LOGIN, name, login=name, password="wrong-password")
            if "@" in name:  # an address is looked for in another column
                by_mail = by_mail or work
                assert (work.hashes, work.status, work.page) == (1, 422, by_id.page), name
                assert work.statements == by_mail.statements, name
            else:
                assert work == by_id, name


@pytest.mark.parametrize("path", [FIND, RESET])
class TestFindingAnAccount:
    def test_s_24_s_25_by_mail_costs_the_same_whoever_has_the_address(self, cost, nearly_gone, path):
        mails = ["minji@example.com", "off@example.com", "social@example.com", "office@example.com", "nobody2@example.com"]
        nobody = cost(path, "nobody@example.com", action="mail", email="nobody@example.com")
        assert (nobody.hashes, nobody.status, nobody.location) == (0, 302, path)
        for mail in mails:
            assert cost(path, mail, action="mail", email=mail) == nobody, mail
        assert MailLink.objects.count() == Effect.objects.filter(kind="identity.mail_link").count() == len(mails) + 1

    def test_s_24_s_25_by_phone_costs_the_same_whoever_has_the_number(self, cost, nearly_gone, path):
        numbers = ["010-1234-5678", "010-1111-2222", "010-9999-8887"]
        nobody = cost(path, "010-9999-8888", action="send", phone="010-9999-8888")
        assert (nobody.hashes, nobody.status, nobody.location) == (0, 302, path)
        for number in numbers:
            assert cost(path, number, action="send", phone=number) == nobody, number
        assert PhoneCode.objects.count() == Effect.objects.filter(kind="identity.phone_code").count() == len(numbers) + 1


class TestTheCount:
    """It sees what would give an account away."""

    def test_sees_a_hash_that_is_saved_for_names_nobody_has(self, cost, monkeypatch):
        honest = cost(LOGIN, "nobody", login="nobody", password="wrong-password")
        monkeypatch.setattr(User, "set_password", lambda self, raw: None)
        assert cost(LOGIN, "nobody", login="nobody", password="wrong-password").hashes == 0 != honest.hashes

    def test_sees_one_more_look_into_the_database(self, cost, monkeypatch):
        find = PortalBackend._find

        def chatty(portal, name):
            user = find(portal, name)
            return User.objects.get(pk=user.pk) if user else None

        monkeypatch.setattr(PortalBackend, "_find", staticmethod(chatty))
        nobody = cost(LOGIN, "nobody", login="nobody", password="wrong-password")
        assert cost(LOGIN, "minji", login="minji", password="wrong-password") != nobody

    def test_sees_a_word_that_differs(self, cost, monkeypatch):
        nobody = cost(FIND, "nobody@example.com", action="mail", email="nobody@example.com")
        monkeypatch.setattr(recovery_views, "_SENT", "그런 계정이 없어요.")
        assert cost(FIND, "nobody@example.com", action="mail", email="other@example.com") != nobody
