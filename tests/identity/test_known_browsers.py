"""Who signs in with a browser that was never theirs hears of it at once; the browser itself remembers, and nothing here does."""

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from common.models import Effect
from identity import known_browsers
from identity.models import Notification, User
from tests.factories import PASSWORD
from tests.identity.test_login import enter
from tests.signing_in import code_of, give_second_factor

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"}


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


def told(user):
    return Notification.objects.filter(user=user, kind="identity.new_device")


def leave(client):
    client.post("/accounts/logout/")


class TestAnAdvertiser:
    def test_is_not_told_of_the_first_sign_in_nor_of_later_ones_in_the_same_browser(self, minji_user):
        client = Client()
        for _ in range(2):
            assert enter("advertiser", "minji", client=client).status_code == 302
            leave(client)
        assert not told(minji_user).exists()

    def test_is_told_of_another_browser_with_the_device_and_the_way_to_end_it(self, minji_user):
        enter("advertiser", "minji")
        enter("advertiser", "minji", headers=PHONE)
        notice = told(minji_user).get()
        assert "아이폰 · 사파리에서 로그인했어요" in notice.body
        assert notice.url == "/accounts/sessions/"
        assert Effect.objects.filter(kind="identity.mail", ids={"notification": notice.pk}).exists()

    def test_a_wrong_password_tells_nobody(self, minji_user):
        enter("advertiser", "minji")
        enter("advertiser", "minji", "wrong-password")
        assert not told(minji_user).exists()

    def test_who_shares_a_browser_is_known_in_it_each_for_themselves(self, minji_user, eve_user):
        User.objects.update(last_login=timezone.now())
        client = Client()
        for name in ("minji", "eve", "minji"):
            enter("advertiser", name, client=client)
            leave(client)
        assert [told(user).count() for user in (minji_user, eve_user)] == [1, 1]

    def test_a_browser_forgets_whom_it_has_not_seen_for_long(self, minji_user, eve_user, monkeypatch):
        monkeypatch.setattr(known_browsers, "MOST", 1)
        client = Client()
        for name in ("minji", "eve", "minji"):
            enter("advertiser", name, client=client)
            leave(client)
        assert told(minji_user).count() == 1


class TestTheMark:
    def test_of_somebodys_own_making_is_worth_nothing(self, minji_user):
        client = Client()
        enter("advertiser", "minji", client=client)
        cookie = client.cookies[known_browsers.name_of("advertiser")]
        assert (cookie["httponly"], cookie["samesite"], "minji" in cookie.value) == (True, "Lax", False)
        forged = Client()
        forged.cookies[known_browsers.name_of("advertiser")] = cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B")
        enter("advertiser", "minji", client=forged)
        assert told(minji_user).count() == 1

    def test_is_not_given_to_who_did_not_sign_in(self, minji_user):
        answer = enter("advertiser", "minji", "wrong-password")
        assert known_browsers.name_of("advertiser") not in answer.cookies


class TestAnOperator:
    def test_is_told_after_the_second_factor(self, operator):
        secret = give_second_factor(operator)
        for steps in (-1, 0):
            client = Client()
            client.post("/backoffice/login/", {"login": operator.email, "password": PASSWORD}, headers=PHONE)
            assert told(operator).count() == 0
            with time_machine.travel(timezone.now(), tick=False):  # the half minute does not end between the two
                client.post("/backoffice/2fa/authenticate/", {"code": code_of(secret, steps=steps)}, headers=PHONE)
        notice = told(operator).get()
        assert notice.url.startswith("/backoffice/")
        assert Effect.objects.filter(kind="identity.mail", ids={"notification": notice.pk}).exists()


class TestAMember:
    def test_is_not_told_this_way(self, suji):
        for _ in range(2):
            enter("luckffle", suji.user.phone)
        assert not told(suji.user).exists()
