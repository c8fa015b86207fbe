"""A member leaves: nothing says any more who it was, what the law wants kept is sealed and apart, and nothing lets them in."""

import pytest

from identity import withdrawal
from identity.models import AccessLog, User, WithdrawnPerson
from rewards import services
from tests.signing_in import browser


@pytest.mark.django_db
class TestLeaving:
    def test_keeps_the_row_without_the_person_and_seals_what_is_kept(self, suji, operator, at):
        known = {"login_id": suji.user.username, "phone": suji.user.phone, "nickname": suji.nickname}
        services.leave(member=suji, at=at)
        suji.refresh_from_db()
        user = User.objects.get(pk=suji.user_id)
        assert (suji.is_active, suji.nickname, suji.person_hash, suji.birth_year, suji.sex) == (False, "떠난 회원", "", None, "")
        assert (user.is_active, user.phone, user.name) == (False, "", withdrawal.NAME_OF_THE_GONE)
        kept = WithdrawnPerson.objects.get(person=user.public_id)
        assert (kept.kind, known["phone"] in kept.sealed) == ("MEMBER", False)
        found = withdrawal.look(person=kept, by=operator, at=at)
        assert {name: found[name] for name in known} == known
        assert AccessLog.objects.filter(action="withdrawn.viewed", actor=operator, subject=f"user:{user.public_id}").count() == 1

    def test_ends_the_session_with_the_next_request_and_frees_the_number(self, suji, at):
        client, phone = browser(suji.user), suji.user.phone
        services.leave(member=suji, at=at)
        assert client.get("/luckffle/wallet/").status_code in (302, 404)
        assert not User.objects.filter(phone=phone).exists()

    def test_twice_is_once(self, suji, at):
        services.leave(member=suji, at=at)
        services.leave(member=suji, at=at)
        assert WithdrawnPerson.objects.count() == 1
