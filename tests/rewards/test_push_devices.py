"""Which phones are whose: told by the app at every start."""

from datetime import timedelta

import pytest
from django.test import Client

from identity import devices as devices_in
from identity.models import User
from rewards.models import Device
from rewards.push import devices
from tests import factories
from tests.app import Phone
from tests.rewards.push_world import NOON, clock, company, identity_sandbox, phone, states, tell
from tests.rewards.test_races_raffles import together

__all__ = ["clock", "company", "identity_sandbox"]

TOLD = {"number": "phone-0001", "token": "token-0001", "platform": "ANDROID", "app_version": "1.0.0", "may_show": True}


def signed_in(member):
    """A phone that went through the app's own sign-in."""
    member.user.set_password("a-long-enough-password!")
    member.user.save(update_fields=["password"])
    sent = {"phone": member.user.phone, "password": "a-long-enough-password!"}
    told = Client().post("/api/luckffle/v1/auth/login", sent, content_type="application/json").json()
    return Phone(token=told["meta"]["access_token"])


def kept():
    return list(Device.objects.order_by("pk").values_list("member__nickname", "number", "token"))


class TestAPhone:
    def test_is_registered_by_the_app_and_told_again_at_every_start(self, suji):
        for _ in range(2):
            assert Phone(suji).post("/devices", TOLD).status_code == 200
        assert kept() == [("수지", "phone-0001", "token-0001")]

    def test_changes_its_token(self, suji):
        Phone(suji).post("/devices", TOLD)
        Phone(suji).post("/devices", {**TOLD, "token": "token-0002", "may_show": False})
        assert (kept(), Device.objects.get().may_show) == ([("수지", "phone-0001", "token-0002")], False)

    def test_goes_over_to_whoever_signs_in_on_it(self, suji):
        other = factories.MemberFactory(nickname="하나", user__phone="+821099980001")
        Phone(suji).post("/devices", TOLD)
        Phone(other).post("/devices", TOLD)
        assert kept() == [("하나", "phone-0001", "token-0001")]

    def test_is_forgotten_when_somebody_signs_out_on_it(self, suji):
        other = factories.MemberFactory(user__phone="+821099980001")
        Phone(suji).post("/devices", TOLD)
        assert Phone(other).post("/devices/phone-0001/forget").json()["code"] == "device.not_found"
        assert (Phone(suji).post("/devices/phone-0001/forget").status_code, Device.objects.count()) == (204, 0)
        assert Phone(suji).post("/devices/phone-0001/forget").status_code == 404

    def test_hears_nothing_once_its_sign_in_has_ended_elsewhere(self, suji, company, clock):
        app = signed_in(suji)
        app.post("/devices", {**TOLD, "token": "ok-1-token"})
        tell(suji)
        clock.work()
        assert (company.tokens, len(devices_in.of(suji.user))) == (["ok-1-token"], 1)
        for row in devices_in.of(suji.user):
            row.end()
        tell(suji, key="event:2")
        clock.work(NOON + timedelta(minutes=1))
        assert (company.tokens, states(), Device.objects.count()) == (["ok-1-token"], ["DONE", "DROPPED"], 0)

    def test_of_somebody_who_is_kept_out_hears_nothing(self, suji, company, clock):
        phone(suji)
        User.objects.filter(pk=suji.user_id).update(is_active=False)
        tell(suji)
        clock.work()
        assert (company.tokens, states()) == ([], ["DROPPED"])

    @pytest.mark.parametrize(
        "wrong",
        [
            {"token": ""}, {"token": "a b"}, {"token": "가" * 20}, {"token": "x" * 513}, {"platform": "FAX"}, {"number": "x"},
            {"may_show": "yes"}, {"member": 1},
        ],
    )  # fmt: skip
    def test_that_says_nonsense_is_refused_in_korean(self, suji, wrong):
        said = Phone(suji).post("/devices", {**TOLD, **wrong})
        assert (said.status_code, Device.objects.count()) == (422, 0)

    def test_is_for_members(self, db):
        assert Phone().post("/devices", TOLD).status_code == 401

    def test_that_nobody_has_seen_for_270_days_is_forgotten(self, suji):
        phone(suji, "old", at=NOON - timedelta(days=271))
        phone(suji, "new", at=NOON - timedelta(days=269))
        assert (devices.forget_silent(at=NOON), Device.objects.get().token) == (1, "new-token")

    def test_too_many_of_one_member_push_out_the_one_that_was_silent_longest(self, suji):
        for number in range(12):
            phone(suji, f"ok-{number}", at=NOON + timedelta(minutes=number))
        assert sorted(Device.objects.values_list("token", flat=True)) == sorted(f"ok-{number}-token" for number in range(2, 12))


@pytest.mark.django_db(transaction=True)
class TestTwoStartsAtOnce:
    def test_of_one_phone_are_one_row(self, transactional_db):
        member = factories.MemberFactory()
        together(lambda _: phone(member, "ok-1").pk, clients=8)
        assert Device.objects.count() == 1

    def test_of_two_members_with_one_token_leave_it_with_one_of_them(self, transactional_db):
        members = [factories.MemberFactory(), factories.MemberFactory()]
        outcomes = together(lambda number: phone(members[number], "ok-1").pk, clients=2)
        assert (Device.objects.count(), set(map(type, outcomes)) <= {int, str}) == (1, True)
