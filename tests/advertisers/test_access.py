"""From a request to an advertiser: nothing for strangers, 403 for weak roles, read fresh every time."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from advertisers import access
from advertisers.models import Membership
from identity.models import AccessLog
from tests.factories import MembershipFactory

Role = Membership.Role


def request_of(user):
    request = RequestFactory().get("/my-page/")
    request.user, request.session = user, SessionStore()
    return request


class TestWhoActs:
    def test_is_the_person_the_advertiser_and_the_role(self, minji, minji_user):
        found = access.membership_of(request_of(minji_user))
        assert (found.user_id, found.advertiser, found.role) == (minji_user.pk, minji, Role.OWNER)

    def test_is_asked_once_per_request(self, minji, minji_user, django_assert_num_queries):
        request = request_of(minji_user)
        with django_assert_num_queries(1):
            assert access.membership_of(request) is access.membership_of(request)

    def test_of_somebody_in_two_teams_is_the_one_joined_first(self, minji, minji_user, eve):
        MembershipFactory(user=minji_user, advertiser=eve, role=Role.REPORTER)
        assert access.membership_of(request_of(minji_user)).advertiser == minji

    def test_moves_on_to_the_next_team_when_the_first_membership_ends(self, minji, minji_user, eve):
        MembershipFactory(user=minji_user, advertiser=eve, role=Role.REPORTER)
        Membership.objects.filter(advertiser=minji).update(is_active=False)
        assert access.membership_of(request_of(minji_user)).advertiser == eve

    @pytest.mark.parametrize("ended", ["membership", "advertiser"])
    def test_is_nobody_once_it_has_ended(self, minji, minji_user, ended):
        if ended == "membership":
            minji.memberships.update(is_active=False)
        else:
            type(minji).objects.filter(pk=minji.pk).update(is_active=False)
        with pytest.raises(Http404):
            access.membership_of(request_of(minji_user))

    @pytest.mark.parametrize("person", ["suji", "operator"])
    def test_is_nobody_of_another_kind(self, request, person, minji):
        found = request.getfixturevalue(person)
        with pytest.raises(Http404):
            access.membership_of(request_of(getattr(found, "user", found)))

    def test_is_nobody_without_signing_in(self, minji):
        with pytest.raises(Http404):
            access.membership_of(request_of(AnonymousUser()))


class TestRoles:
    @pytest.mark.parametrize(
        "roles, may",
        [
            (access.EVERYONE, {Role.OWNER, Role.MANAGER, Role.FINANCE, Role.REPORTER}),
            (access.SPENDERS, {Role.OWNER, Role.MANAGER}),
            (access.PAYERS, {Role.OWNER, Role.MANAGER, Role.FINANCE}),
            (access.REFUNDERS, {Role.OWNER, Role.FINANCE}),
        ],
        ids=["look", "launch campaigns", "top up", "ask for money back"],
    )
    def test_say_who_may_and_write_down_who_wanted_more(self, minji_user, eve, roles, may):
        for role in Role:
            membership = Membership(user=minji_user, advertiser=eve, role=role)
            if role in may:
                access.require_role(membership, roles)
            else:
                with pytest.raises(PermissionDenied):
                    access.require_role(membership, roles)
        denied = AccessLog.objects.filter(actor=minji_user, action="access.denied", subject=f"advertiser:{eve.public_id}")
        assert denied.count() == len(Role) - len(may)


class TestAGuardedView:
    @pytest.fixture
    def view(self):
        @access.advertiser_required(roles=access.REFUNDERS)
        def refunds(request, number):
            return HttpResponse(f"{request.advertiser.name} {request.membership.role} {number}")

        return refunds

    def test_is_given_the_advertiser_and_the_membership(self, view, minji_user):
        assert view(request_of(minji_user), number=7).content.decode() == "민지네 커피 OWNER 7"

    def test_refuses_a_weak_role(self, view, jisoo):
        with pytest.raises(PermissionDenied):
            view(request_of(jisoo), number=7)

    def test_does_not_exist_for_a_stranger(self, view, suji):
        with pytest.raises(Http404):
            view(request_of(suji.user), number=7)

    def test_asks_to_sign_in_first(self, view, db):
        answer = view(request_of(AnonymousUser()), number=7)
        assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/my-page/")


class TestAMembership:
    def test_is_one_per_person_and_advertiser(self, minji, minji_user):
        with pytest.raises(IntegrityError, match="advertisers_membership_once"), transaction.atomic():
            MembershipFactory(user=minji_user, advertiser=minji, role=Role.REPORTER)

    def test_reads_as_its_role(self, jisoo):
        assert str(jisoo.memberships.get()) == f"보고서 열람 {jisoo.pk}"


def test_a_restricted_advertiser_still_reads(minji, minji_user, at):
    type(minji).objects.filter(pk=minji.pk).update(restricted_reason="확인 중이에요.", restricted_at=at + timedelta(hours=1))
    found = access.membership_of(request_of(minji_user)).advertiser
    assert found.is_restricted
