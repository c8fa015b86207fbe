"""Every event of people, teams and inquiries, by its real cause, and what arrived of it."""

import re

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from advertisers import papers
from advertisers import services as advertisers
from advertisers.models import BusinessPaper, BusinessUser, Invitation, Membership
from advertisers.services import invitations
from identity import consents
from identity.models import AccessLog, Consent, Notification, StepUpGrant, User
from inquiries import services as inquiries
from inquiries.schemas import InquiryIn, MessageIn
from tests import factories, soft_key
from tests.factories import PASSWORD
from tests.identity.test_contact_changes import NEW as NEW_NUMBER
from tests.identity.test_contact_changes import PHONE as PHONE_PAGE
from tests.identity.test_passkeys import arrive
from tests.identity.test_recovery import NEW, RESET, mailed_link, person
from tests.identity.test_social_login import comes, open_houses  # noqa: F401  (a fixture)
from tests.signing_in import browser, code_of, step_up
from tests.telling import arrived, inbox  # noqa: F401  (fixtures)


@pytest.fixture(autouse=True)
def _fresh_limits(db):
    cache.clear()


class TestKeys:
    def test_a_new_password(self, minji_user, outside, arrived, settings, inbox):  # noqa: F811
        client = person()
        client.post(RESET, {"action": "mail", "email": "minji@example.com"})
        settings.SANDBOX_ORIGIN = outside.sandbox.base_url
        address = mailed_link(outside)
        client.get(address)
        client.post(address, {"password": NEW})
        settings.SANDBOX_ORIGIN = inbox.base_url
        arrived("identity.password_reset")

    def test_another_password_by_the_page(self, minji_user, arrived):  # noqa: F811
        client = browser(minji_user)
        assert client.post("/accounts/password/", {"oldpassword": PASSWORD, "password1": NEW}).status_code == 302
        arrived("identity.password_changed")
        assert AccessLog.objects.filter(action="keys.password_changed", actor=minji_user).count() == 1

    def test_an_app_and_recovery_codes_made_and_taken_away(self, minji_user, arrived):  # noqa: F811
        client = arrive(minji_user)
        secret = client.get("/accounts/2fa/totp/").context["form"].secret
        client.post("/accounts/2fa/totp/", {"code": code_of(secret)})
        client.post("/accounts/2fa/recovery-codes/generate/")
        client.post("/accounts/2fa/totp/remove/")
        arrived("identity.app_added", "identity.recovery_codes_made", "identity.app_removed")

    def test_another_number(self, minji_user, outside, arrived):  # noqa: F811
        User.objects.filter(pk=minji_user.pk).update(phone="+821012345678")
        client = step_up(browser(minji_user), minji_user, StepUpGrant.Purpose.NEW_PHONE)
        client.post(PHONE_PAGE, {"action": "send", "phone": NEW_NUMBER})
        outside.works()
        client.post(PHONE_PAGE, {"action": "code", "code": outside.digits(NEW_NUMBER)})
        arrived("identity.phone_changed")

    def test_a_passkey_made_and_taken_away(self, minji_user, arrived):  # noqa: F811
        client, key = arrive(minji_user), soft_key.SoftKey()
        soft_key.register(client, key)
        [address] = set(re.findall(r'"(/accounts/2fa/passkeys/[^/"]+/remove/)"', client.get("/accounts/2fa/").text))
        client.post(address)
        arrived("identity.passkey_added", "identity.passkey_removed")

    def test_another_service_linked_and_unlinked(self, open_houses, minji_user, arrived):  # noqa: F811
        client = Client()
        comes(client, "kakao", "minji")
        client.post("/accounts/login/", {"login": "minji", "password": PASSWORD, "next": "/accounts/social/link/"})
        client.post("/accounts/social/link/")
        client.post("/accounts/social/kakao/unlink/")
        arrived("identity.social_linked", "identity.social_unlinked")


class TestSigningIn:
    def test_with_a_browser_that_was_never_here(self, minji_user, arrived):  # noqa: F811
        for _ in range(2):
            Client().post("/accounts/login/", {"login": "minji", "password": PASSWORD}, headers={"User-Agent": "Mozilla (iPhone) Safari"})
        arrived("identity.new_device")


class TestKeysForPrograms:
    def test_made_replaced_and_revoked_are_told_to_whom_it_acts_for_and_to_the_owner(self, minji, minji_user, at, arrived):  # noqa: F811
        mina = factories.MembershipFactory(advertiser=minji, role="MANAGER", user__email="mina@example.com", user__name="미나")
        reporter = factories.MembershipFactory(advertiser=minji, role="REPORTER")
        new = advertisers.make_key(membership=mina, name="주문 서버", scopes=["campaigns.read"], at=at)
        advertisers.rotate_key(advertiser=minji, key=new.key.public_id, by=mina.user, at=at)
        advertisers.revoke_key(advertiser=minji, key=new.key.public_id, by=minji_user, at=at)
        arrived("advertisers.key_made", "advertisers.key_replaced", "advertisers.key_revoked")
        told = Notification.objects.filter(kind__startswith="advertisers.key_")
        assert told.count() == 6
        assert set(told.values_list("user", flat=True)) == {minji_user.pk, mina.user_id}
        assert not told.filter(user=reporter.user).exists()
        assert "11월 26일 12:00에 멈추니" in told.get(kind="advertisers.key_replaced", user=minji_user).body


class TestConsents:
    def test_given_and_asked_again_two_years_later(self, minji_user, at, arrived):  # noqa: F811
        with transaction.atomic():
            consents.change(user=minji_user, kind=Consent.Kind.MARKETING, given=True, at=at)
            assert consents.recheck(at=at + consents.RECHECK_AFTER) == 1
        arrived("identity.consent_changed", "identity.consent_recheck")


class TestTeams:
    @pytest.fixture
    def mina(self, minji):
        user = factories.UserFactory(username="mina", email="mina@example.com", name="미나")
        return factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER, user=user)

    def test_somebody_who_comes_and_one_who_goes(self, minji, minji_user, mina, at, arrived):  # noqa: F811
        newcomer = factories.UserFactory(email="new@example.com", name="새봄")
        row = advertisers.invite(advertiser=minji, email="new@example.com", role=Membership.Role.FINANCE, by=minji_user, at=at)
        advertisers.accept(token=invitations.token_of(row), by=newcomer, at=at)
        assert Invitation.objects.get().state == Invitation.State.ACCEPTED
        advertisers.leave(membership=mina, at=at)
        arrived("advertisers.joined", "advertisers.left")

    def test_another_role_and_then_none(self, minji, minji_user, mina, at, arrived):  # noqa: F811
        advertisers.change_role(advertiser=minji, member=mina.public_id, role=Membership.Role.FINANCE, by=minji_user, at=at)
        advertisers.remove(advertiser=minji, member=mina.public_id, by=minji_user, at=at)
        arrived("advertisers.role_changed", "advertisers.removed")

    def test_another_owner(self, minji, minji_user, mina, at, arrived):  # noqa: F811
        advertisers.transfer_ownership(advertiser=minji, member=mina.public_id, by=minji_user, at=at)
        arrived("advertisers.owner_changed")

    def test_a_paper_that_somebody_looked_at(self, minji, minji_user, operator, at, arrived):  # noqa: F811
        business = BusinessUser.objects.get(advertiser=minji)
        stored = {"name": "등록증.png", "content_type": "image/png", "size": 1, "digest": "0" * 64}
        paper = BusinessPaper.objects.create(business=business, uploaded_by=minji_user, uploaded_at=at, file="papers/1", **stored)
        with transaction.atomic():
            papers.decide(paper=paper, decision=papers.Decision.REFUSE, by=operator, at=at, reason="글자가 흐려요.")
        arrived("advertisers.paper_decided")

    def test_a_restriction_and_its_end(self, minji, at, arrived):  # noqa: F811
        with transaction.atomic():
            advertisers.restrict(advertiser=minji, reason="결제 취소를 확인하고 있어요.", at=at)
            advertisers.lift_restriction(advertiser=minji, at=at)
        arrived("advertisers.restricted", "advertisers.restriction_lifted")

    def test_an_account_that_its_owner_closed(self, eve, eve_user, at, arrived):  # noqa: F811
        factories.MembershipFactory(advertiser=eve, role="MANAGER", user__email="mate@example.com")
        advertisers.close(advertiser=eve, by=eve_user, at=at)
        arrived("advertisers.closed")


class TestInquiries:
    def test_s_84_an_answer(self, minji, minji_user, operator, at, arrived):  # noqa: F811
        question = InquiryIn(topic="PAYMENT", title="영수증이 안 보여요", text="어제 결제했어요.")
        asked = inquiries.ask(asker=minji_user, advertiser=minji, question=question, key="form", at=at)
        inquiries.answer(inquiry=asked, by=operator, message=MessageIn(text="결제 내역에 있어요."), key="a", at=at)
        arrived("inquiries.answered")
