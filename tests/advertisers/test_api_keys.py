"""Keys for programs: shown once, kept as a hash, bound to a member, gone when the member is."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from advertisers import history, services
from advertisers.models import ApiKey
from advertisers.services import keys
from config.api import advertiser_api
from identity.models import StepUpGrant
from tests.advertisers.conftest import join, number_of
from tests.signing_in import browser, step_up

PAGE = "/my-page/api-keys/"
Scope = ApiKey.Scope
ASKED = {"name": "보고서", "scopes": ["campaigns.read"]}
BOTH = ["campaigns.read", "campaigns.write"]


WEBHOOK_DOORS = {
    ("GET", "/webhook-endpoints"): Scope.WEBHOOKS_READ,
    ("GET", "/webhook-endpoints/{endpoint_id}/deliveries"): Scope.WEBHOOKS_READ,
    ("POST", "/webhook-deliveries/{delivery_id}/replay"): Scope.WEBHOOKS_WRITE,
}


def make(user, advertiser, scopes=BOTH, at=None):
    return services.make_key(
        membership=user.memberships.get(advertiser=advertiser), name="프로그램", scopes=scopes, at=at or timezone.now()
    )


def call(secret, path="/campaigns", method="get", **data):
    """The answer of the API to a program: no cookie, no form token."""
    client = Client(enforce_csrf_checks=True)
    return getattr(client, method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "intent-1"}, **data)


def may_make_keys(user):
    return step_up(browser(user), user, StepUpGrant.Purpose.API_KEY)


class TestMaking:
    def test_asks_again_who_it_is(self, minji, minji_user):
        answer = browser(minji_user).post(f"{PAGE}create/", ASKED)
        assert "/step-up/api-key/" in answer.headers["Location"]
        assert ApiKey.objects.count() == 0

    def test_shows_the_secret_once_and_keeps_its_hash(self, minji, minji_user):
        client = may_make_keys(minji_user)
        answer = client.post(f"{PAGE}create/", ASKED)
        secret = answer.context["new"].secret
        assert (answer.status_code, answer.text.count(secret), "no-store" in answer.headers["Cache-Control"]) == (201, 2, True)
        assert secret not in client.get(PAGE).text
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(t::text, '') FROM advertisers_apikey t")
            stored = cursor.fetchone()[0]
        assert secret not in stored
        assert ApiKey.objects.get().shown == secret[:12]
        assert call(secret).status_code == 200

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"name": "이름"},
            {"name": "", "scopes": BOTH},
            {"name": "이름", "scopes": ["everything"]},
            {"name": "가" * 41, "scopes": BOTH},
        ],
    )
    def test_with_bad_input_makes_nothing(self, minji, minji_user, data):
        assert may_make_keys(minji_user).post(f"{PAGE}create/", data).status_code == 422
        assert ApiKey.objects.count() == 0

    def test_ends_at_ten(self, minji, minji_user):
        for _ in range(keys.MOST):
            make(minji_user, minji)
        answer = may_make_keys(minji_user).post(f"{PAGE}create/", ASKED)
        assert (answer.status_code, ApiKey.objects.count()) == (422, keys.MOST)
        assert "10개까지" in answer.text

    def test_is_not_for_roles_that_only_look_or_pay(self, minji, jisoo, dohyun):
        for person in (jisoo, dohyun):
            assert browser(person).get(PAGE).status_code == 403
            assert may_make_keys(person).post(f"{PAGE}create/", ASKED).status_code == 403
        assert ApiKey.objects.count() == 0


class TestUsing:
    def test_opens_the_members_own_team_and_no_other(self, running, minji, minji_user, eve, eve_user):
        own, strange = make(minji_user, minji).secret, make(eve_user, eve).secret
        assert call(own, f"/campaigns/{running.public_id}").json()["id"] == str(running.public_id)
        assert call(strange, f"/campaigns/{running.public_id}").status_code == 404
        assert call(strange).json()["items"] == []

    def test_of_a_person_in_two_teams_is_of_the_one_it_was_made_for(self, running, minji, eve, hana):
        assert [len(call(make(hana, team).secret).json()["items"]) for team in (minji, eve)] == [1, 0]

    def test_does_what_its_scopes_and_its_members_role_both_allow(self, running, minji, minji_user, jisoo):
        path = f"/campaigns/{running.public_id}/pause"
        reads = call(make(minji_user, minji, ["campaigns.read"]).secret, path, "post")
        assert (reads.status_code, reads.json()["code"]) == (403, "advertisers.scope_missing")
        assert call(make(minji_user, minji, ["campaigns.write"]).secret).status_code == 403
        weak = call(make(jisoo, minji).secret, path, "post")
        assert (weak.status_code, weak.json()["code"]) == (403, "common.forbidden")
        assert call(make(minji_user, minji).secret, path, "post").json()["state"] == "PAUSED"

    def test_every_door_asks_a_key_for_a_scope(self):
        asked = {
            (operation.methods[0], path): [auth.scope for auth in operation.auth_callbacks if hasattr(auth, "scope")]
            for _, router in advertiser_api._routers
            for path, view in router.path_operations.items()
            for operation in view.operations
        }
        for path in ("/auto-top-up", "/packages"):
            assert asked.pop(("GET", path)) == []  # their whole router asks, which the next test tries
        assert len(asked) >= 10
        wanted = {door: [Scope.CAMPAIGNS_READ if door[0] == "GET" else Scope.CAMPAIGNS_WRITE] for door in asked}
        wanted |= {("GET", path): [Scope.CREDITS_READ] for path in ("/balance", "/credit-lines", "/statements", "/statements/{period}")}
        wanted |= {door: [scope] for door, scope in WEBHOOK_DOORS.items()}
        wanted[("POST", "/exports")] = [Scope.CAMPAIGNS_READ]  # a file of what its key may read
        assert asked == wanted

    @pytest.mark.parametrize("path", ["/auto-top-up", "/packages"])
    def test_a_scope_of_a_whole_router_is_asked_for_too(self, minji, minji_user, path):
        answer = call(make(minji_user, minji, ["campaigns.read"]).secret, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "advertisers.scope_missing")
        assert call(make(minji_user, minji, ["credits.read"]).secret, path).status_code == 200

    @pytest.mark.parametrize("secret", ["", "boost_", "boost_nonsense", "x" * 500, "boost_\x00", "boost_가"])
    def test_of_nonsense_is_refused(self, minji, secret):
        answer = call(secret)
        assert (answer.status_code, answer.json()["code"]) == (401, "common.sign_in")

    def test_does_not_open_the_pages(self, minji, minji_user):
        answer = Client().get("/dashboard/", headers={"Authorization": f"Bearer {make(minji_user, minji).secret}"})
        assert answer.status_code == 302

    def test_is_noted_at_most_once_a_minute(self, minji, minji_user, at):
        secret = make(minji_user, minji, at=at).secret
        for seconds in (0, 30, 59, 61):
            services.find_key(secret=secret, at=at + timedelta(seconds=seconds))
            assert ApiKey.objects.get().last_used_at == at + timedelta(seconds=61 if seconds == 61 else 0)


class TestEnding:
    def test_revoked_fails_with_the_very_next_request(self, minji, minji_user):
        new = make(minji_user, minji)
        assert call(new.secret).status_code == 200
        browser(minji_user).post(f"{PAGE}{new.key.public_id}/revoke/")
        assert call(new.secret).status_code == 401
        assert browser(minji_user).post(f"{PAGE}{new.key.public_id}/revoke/").status_code == 404

    def test_replaced_works_for_a_day_beside_the_new_one(self, minji, minji_user, at):
        old = make(minji_user, minji, ["campaigns.read"], at=at)
        new = services.rotate_key(advertiser=minji, key=old.key.public_id, by=minji_user, at=at)
        assert (new.key.name, new.key.scopes, new.key.membership) == ("프로그램", ["campaigns.read"], old.key.membership)
        day = timedelta(days=1)
        moments = (at, at + day - timedelta(seconds=1))
        assert all(services.find_key(secret=one.secret, at=moment) for one in (old, new) for moment in moments)
        assert services.find_key(secret=new.secret, at=at + day) is not None
        with pytest.raises(services.KeyReplaced):
            services.find_key(secret=old.secret, at=at + day)
        with pytest.raises(services.KeyGone):
            services.rotate_key(advertiser=minji, key=old.key.public_id, by=minji_user, at=at)

    def test_int_07_replaced_works_within_the_overlap_and_is_then_401_with_the_date(self, minji, minji_user, at):
        old = make(minji_user, minji, ["campaigns.read"], at=at)
        services.rotate_key(advertiser=minji, key=old.key.public_id, by=minji_user, at=at)
        with time_machine.travel(at + timedelta(hours=23, minutes=59), tick=False):
            assert call(old.secret).status_code == 200
        with time_machine.travel(at + timedelta(hours=24), tick=False):
            answer = call(old.secret)
        assert (answer.status_code, answer.json()["code"]) == (401, "advertisers.key_replaced")
        assert "2026-11-26 12:00에 끝났어요" in answer.json()["message"]
        assert answer.json()["detail"]["ended_at"] == "2026-11-26T03:00:00+00:00"

    def test_int_07_revoked_says_nothing_about_what_it_was(self, minji, minji_user, at):
        old = make(minji_user, minji, at=at)
        services.rotate_key(advertiser=minji, key=old.key.public_id, by=minji_user, at=at)
        services.revoke_key(advertiser=minji, key=old.key.public_id, by=minji_user, at=at)
        with time_machine.travel(at + timedelta(days=2), tick=False):
            assert call(old.secret).json()["code"] == "common.sign_in"

    def test_adv_35_of_a_removed_member_fails_with_the_very_next_request(self, minji, minji_user, mina, at):
        secret = make(mina, minji).secret
        assert call(secret).status_code == 200
        services.remove(advertiser=minji, member=number_of(mina, minji), by=minji_user, at=at)
        answer = call(secret)
        assert (answer.status_code, answer.json()["code"]) == (401, "common.sign_in")

    def test_adv_35_a_key_from_before_the_removal_stays_dead_after_coming_back(self, minji, minji_user, mina, at):
        secret = make(mina, minji).secret
        services.remove(advertiser=minji, member=number_of(mina, minji), by=minji_user, at=at)
        mina.memberships.update(is_active=True)
        assert call(secret).status_code == 401

    @pytest.mark.parametrize("ended", ["user", "advertiser"])
    def test_of_a_closed_account_is_worth_nothing(self, minji, minji_user, ended):
        secret = make(minji_user, minji).secret
        row = {"user": minji_user, "advertiser": minji}[ended]
        row.is_active = False
        row.save()
        assert call(secret).status_code == 401

    def test_is_for_its_member_and_for_the_owner(self, minji, minji_user, mina, eve_user):
        colleague = join(minji, "colleague", "MANAGER")
        new = make(mina, minji)
        for person in (colleague, eve_user):
            assert browser(person).post(f"{PAGE}{new.key.public_id}/revoke/").status_code == 404
            assert may_make_keys(person).post(f"{PAGE}{new.key.public_id}/rotate/").status_code == 404
            assert new.key.shown not in browser(person).get(PAGE).text
        assert call(new.secret).status_code == 200
        assert browser(minji_user).post(f"{PAGE}{new.key.public_id}/revoke/").status_code == 302
        assert call(new.secret).status_code == 401

    def test_stands_in_the_history_without_the_secret(self, minji, minji_user, at):
        new = make(minji_user, minji, at=at)
        services.revoke_key(advertiser=minji, key=new.key.public_id, by=minji_user, at=at)
        told = [(change.who, change.text) for change in history.changes(minji) if "API" in change.text]
        assert told == [("김민지", "API 키 프로그램: 폐기했어요"), ("김민지", "API 키 프로그램: 만들었어요")]
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(t::text, '') FROM advertisers_apikeyevent t")
            stored = cursor.fetchone()[0]
        assert new.secret not in stored
        assert new.key.key_hash not in stored
