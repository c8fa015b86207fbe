"""Who gets in, and under which policy the pages are served."""

from urllib.parse import urlsplit

from django.test import Client

from backoffice import rights
from tests import factories
from tests.backoffice.conftest import INDEX, enter, hire


class TestTheGate:
    def test_sends_strangers_to_sign_in(self, db):
        answer = Client().get(INDEX)
        assert answer.status_code == 302
        assert urlsplit(answer["Location"]).path == "/backoffice/login/"

    def test_lets_an_operator_with_a_second_factor_in(self, desk):
        answer = desk(rights.FINANCE).get(INDEX)
        assert answer.status_code == 200

    def test_ops_01_sends_an_operator_without_a_second_factor_to_set_one_up_and_shows_nothing_else(self, operator):
        for path in (INDEX, "/backoffice/common/effect/", "/backoffice/advertisers/advertiser/"):
            answer = enter(operator).get(path, follow=True)
            assert answer.redirect_chain[0][0] == "/backoffice/2fa/totp/"
            assert urlsplit(answer.redirect_chain[-1][0]).path == "/backoffice/2fa/password/", "this browser was given, not typed into"

    def test_does_not_let_an_advertiser_or_a_member_in(self, minji_user, suji):
        for person in (minji_user, suji.user):
            answer = enter(person).get(INDEX)
            assert answer.status_code == 302
            assert urlsplit(answer["Location"]).path == "/backoffice/login/"

    def test_does_not_let_a_switched_off_operator_in(self, db):
        user = hire("gone", rights.ADMIN)
        client = enter(user)
        user.is_active = False
        user.save()
        assert client.get(INDEX).status_code == 302


class TestThePolicy:
    def test_gives_the_theme_two_exceptions_and_nothing_else(self, desk):
        policy = desk(rights.ADMIN).get(INDEX)["Content-Security-Policy"]
        rules = {part.split()[0]: part.split()[1:] for part in policy.split("; ")}
        assert "'unsafe-eval'" in rules["script-src"]
        assert "'unsafe-inline'" not in rules["script-src"]
        assert rules["style-src"] == ["'self'", "'unsafe-inline'"]
        assert rules["object-src"] == ["'none'"]

    def test_leaves_other_portals_strict(self, db):
        policy = Client().get("/healthz").get("Content-Security-Policy", "")
        assert "unsafe" not in policy


def test_an_operator_has_no_role_by_default(db):
    assert rights.roles_of(factories.UserFactory(username="new")) == frozenset()
