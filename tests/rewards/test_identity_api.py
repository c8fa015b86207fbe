"""The identity check in the reward app: same rules as on the web, over the app's doors."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine
from django.utils import timezone

from identity import identity_checks
from identity.models import IdentityCheck, User
from rewards import services
from rewards.models import Member
from tests import factories
from tests.app import Phone
from tests.campaigns.racing import tally, together
from tests.identity.conftest import identity_sandbox, outside

__all__ = ["identity_sandbox", "outside"]


def begin(phone, outside):
    answer = phone.post("/identity/start").json()
    check = IdentityCheck.objects.get(public_id=answer["id"])
    outside.sandbox.control("POST", "/identities", {"request": answer["parameters"]})
    return check


def end(phone, check):
    return phone.post("/identity/complete", {"id": str(check.public_id)})


class TestAMember:
    def test_s_22_proves_who_she_is(self, suji, outside):
        phone = Phone(suji)
        check = begin(phone, outside)
        outside.decides(check, "minji")
        answer = end(phone, check)
        assert (answer.status_code, answer.json()) == (200, {"state": "VERIFIED"})
        suji.refresh_from_db()
        suji.user.refresh_from_db()
        assert (suji.birth_year, suji.sex, len(suji.person_hash), suji.user.person_hash) == (1990, "FEMALE", 64, suji.person_hash)

    def test_s_22_may_come_back_twice(self, suji, outside):
        phone = Phone(suji)
        check = begin(phone, outside)
        outside.decides(check, "minji")
        assert [end(phone, check).json()["state"] for _ in range(2)] == ["VERIFIED"] * 2

    def test_adv_05_who_closed_the_window_is_not_verified(self, suji, outside):
        phone = Phone(suji)
        check = begin(phone, outside)
        outside.decides(check, "")
        assert end(phone, check).json() == {"state": "FAILED"}
        suji.refresh_from_db()
        assert suji.person_hash == ""

    def test_adv_06_sends_no_facts_of_her_own(self, suji, outside):
        phone = Phone(suji)
        check = begin(phone, outside)
        outside.decides(check, "")
        forged = {"id": str(check.public_id), "ci": "x" * 88, "status": "VERIFIED"}
        assert phone.post("/identity/complete", forged).status_code == 422
        assert not User.objects.exclude(person_hash="").exists()

    def test_adv_06_takes_nobody_elses_try(self, suji, outside):
        other = Phone(factories.MemberFactory(user__phone="+821099990001"))
        check = begin(other, outside)
        outside.decides(check, "minji")
        answer = end(Phone(suji), check)
        assert (answer.status_code, answer.json()["code"]) == (404, "common.not_found")

    def test_adv_07_is_one_member_only(self, suji, outside):
        first, second = Phone(suji), Phone(factories.MemberFactory(user__phone="+821099990001"))
        for phone in (first, second):
            check = begin(phone, outside)
            outside.decides(check, "minji")
            answer = end(phone, check)
        assert (answer.status_code, answer.json()["code"]) == (409, "identity.person_known")
        assert Member.objects.exclude(person_hash="").get() == suji

    def test_adv_07_is_one_member_only_though_two_finish_at_the_same_moment(self, transactional_db, suji, outside, monkeypatch):
        members = [suji, factories.MemberFactory(user__phone="+821099990001")]
        checks = [begin(Phone(member), outside) for member in members]
        for check in checks:
            outside.decides(check, "minji")
        both_looked, look = Barrier(2, timeout=20), identity_checks.require_new_person

        def looks_at_the_same_time(**facts):
            look(**facts)
            both_looked.wait()

        monkeypatch.setattr(identity_checks, "require_new_person", looks_at_the_same_time)
        proofs = [
            partial(services.prove, member=member, check_id=check.public_id, browser=check.browser, at=timezone.now())
            for member, check in zip(members, checks, strict=True)
        ]
        assert tally(together(proofs)) == {"won": 1, "identity.person_known": 1}
        assert (Member.objects.exclude(person_hash="").count(), User.objects.exclude(person_hash="").count()) == (1, 1)
        assert IdentityCheck.objects.filter(claimed_at__isnull=False).count() == 1

    def test_is_fourteen_years_or_more(self, suji, outside):
        with time_machine.travel("2026-11-25T12:00:00+09:00", tick=True):
            phone = Phone(suji)
            check = begin(phone, outside)
            outside.decides(check, "child", verifiedAt=timezone.now().isoformat())
            answer = end(phone, check)
        assert (answer.status_code, answer.json()["code"]) == (403, "member.too_young")
        suji.refresh_from_db()
        assert suji.birth_year is None

    def test_stays_who_she_was(self, suji, outside):
        phone = Phone(suji)
        for person, status in (("minji", 200), ("eve", 403)):
            check = begin(phone, outside)
            outside.decides(check, person)
            assert end(phone, check).status_code == status

    def test_tries_five_times_a_day(self, suji, outside):
        phone = Phone(suji)
        for _ in range(5):
            outside.decides(begin(phone, outside), "")
        answer = phone.post("/identity/start")
        assert (answer.status_code, answer.json()["code"]) == (429, "identity.too_many_tries")
        IdentityCheck.objects.update(started_at=timezone.now() - timedelta(days=2))
        assert phone.post("/identity/start").status_code == 200


@pytest.mark.parametrize("path", ["/identity/start", "/identity/complete"])
def test_strangers_are_asked_to_sign_in(db, path):
    assert Phone().post(path, {}).status_code == 401
