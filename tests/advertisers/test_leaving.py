"""ADV-38: closing an account, and what is kept of whom. Becoming a business without losing a credit."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from advertisers import closing, opening, services
from advertisers.models import Advertiser, ApiKey, BusinessUser, Invitation, Membership, PersonalUser
from advertisers.services.invitations import token_of
from advertisers.services.leaving import NAME_OF_THE_CLOSED
from advertisers.services.locking import lock_team
from campaigns import services as campaigns
from campaigns.models import Campaign
from common import handlers, sealed
from credits import selectors as balances
from credits import services as credits
from credits.models import Entry
from identity import retention, withdrawal
from identity.models import AccessLog, RetentionRule, StepUpGrant, User, WithdrawnPerson
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.connecting import connect_patiently
from tests.signing_in import browser, step_up
from tests.telling import arrived, inbox  # noqa: F401  (fixtures)

PAGE, LEAVE = "/my-page/closing/", "/accounts/leave/"


@pytest.fixture
def solo(db: None) -> Advertiser:
    """A personal advertiser without anything; her owner signs in as `solo`."""
    with transaction.atomic():
        advertiser = opening.open_personal(name="김혼자")
        user = factories.UserFactory(username="solo", email="solo@example.com", phone="+821012345678", name="김혼자")
        opening.add_owner(advertiser=advertiser, user=user)
    return advertiser


@pytest.fixture
def solo_user(solo: Advertiser) -> User:
    return User.objects.get(username="solo")


def closes(user: User) -> Client:
    return step_up(browser(user), user, StepUpGrant.Purpose.CLOSE_ACCOUNT)


class TestAdv38:
    def test_adv_38_lists_what_stands_in_the_way_each_with_its_button(self, minji, minji_user, at):
        campaign = campaigns.submit_campaign(
            advertiser=minji, spec=spec_of(at, budget=300, title="도는 캠페인"), by=minji_user, at=at, key="a"
        )
        Advertiser.objects.filter(pk=minji.pk).update(restricted_reason="확인 중이에요.", restricted_at=at)
        client = closes(minji_user)
        page = client.get(PAGE)
        assert [(found.code, found.url) for found in page.context["blockers"]] == [
            ("credits", "/my-page/payment/"),
            ("campaign", f"/campaigns/{campaign.public_id}/"),
            ("restricted", "/my-page/"),
        ]
        assert "충전한 크레딧이 700 남아 있어요." in page.text
        for found in page.context["blockers"]:
            assert client.get(found.url).status_code == 200
        answer = client.post(PAGE, follow=True)
        assert "먼저 해결할 일이 3개 있어요." in answer.text
        minji.refresh_from_db()
        assert (minji.is_active, WithdrawnPerson.objects.count()) == (True, 0)

    def test_adv_38_asks_again_who_it_is_and_only_the_owner(self, solo, solo_user, minji, jisoo):
        assert "/step-up/close-account/" in browser(solo_user).post(PAGE, {"sure": "yes"}).headers["Location"]
        assert browser(jisoo).get(PAGE).status_code == 403
        assert Advertiser.objects.filter(is_active=False).count() == 0

    def test_adv_38_closed_leaves_nothing_that_says_who_it_was(self, solo, solo_user):
        client = closes(solo_user)
        assert client.post(PAGE).headers["Location"] == "/"
        assert client.get("/dashboard/").status_code == 302
        solo.refresh_from_db()
        solo_user.refresh_from_db()
        assert (solo.is_active, solo.name, PersonalUser.objects.get(advertiser=solo).name) == (
            False,
            NAME_OF_THE_CLOSED,
            NAME_OF_THE_CLOSED,
        )
        assert (solo_user.is_active, solo_user.email, solo_user.phone, solo_user.has_usable_password()) == (False, "", "", False)
        secrets = ("김혼자", "solo@example.com", "+821012345678", "821012345678")
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT coalesce(string_agg(t::text, ''), '') FROM \"{table}\" t")
                text = cursor.fetchone()[0]
                assert [secret for secret in secrets if secret in text] == [], table

    def test_adv_38_what_the_law_wants_is_kept_sealed_and_apart_and_a_look_is_written_down(self, solo, solo_user, operator, at):
        services.close(advertiser=solo, by=solo_user, at=at)
        row = WithdrawnPerson.objects.get()
        assert [field.name for field in WithdrawnPerson._meta.get_fields() if field.is_relation] == []
        assert withdrawal.look(person=row, by=operator, at=at) == {
            "login_id": "solo", "name": "김혼자", "email": "solo@example.com", "phone": "+821012345678",
            "advertiser": str(solo.public_id), "kind": "PERSONAL", "person": "김혼자",
        }  # fmt: skip
        assert AccessLog.objects.filter(actor=operator, action="withdrawn.viewed", subject=f"user:{row.person}").count() == 1
        assert json.loads(sealed.unseal(row.sealed))["name"] == "김혼자"

    def test_adv_38_the_name_is_free_for_somebody_else(self, solo, solo_user, at):
        services.close(advertiser=solo, by=solo_user, at=at)
        factories.UserFactory(username="solo", email="solo@example.com", phone="+821012345678")

    def test_adv_38_ends_the_team_its_keys_and_invitations_and_lets_colleagues_keep_their_accounts(self, solo, solo_user, at):
        mate = factories.MembershipFactory(advertiser=solo, role="MANAGER").user
        secret = services.make_key(membership=mate.memberships.get(), name="k", scopes=["campaigns.read"], at=at).secret
        services.invite(advertiser=solo, email="x@example.com", role="MANAGER", by=solo_user, at=at)
        services.add_recipient(advertiser=solo, email="y@example.com", by=solo_user, at=at)
        services.close(advertiser=solo, by=solo_user, at=at)
        assert Membership.objects.filter(advertiser=solo, is_active=True).count() == 0
        assert services.find_key(secret=secret, at=at) is None
        assert ApiKey.objects.get().revoked_at == at
        assert (Invitation.objects.get().state, solo.report_recipients.count()) == ("REVOKED", 0)
        mate.refresh_from_db()
        assert (mate.is_active, browser(mate).get("/dashboard/").status_code) == (True, 404)

    def test_adv_38_an_owner_of_another_advertiser_stays(self, solo, solo_user, eve, at):
        factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER")
        services.close(advertiser=solo, by=solo_user, at=at)
        solo_user.refresh_from_db()
        assert (solo_user.is_active, solo_user.email) == (True, "solo@example.com")
        assert browser(solo_user).get("/my-page/").context["advertiser"] == eve

    def test_adv_38_what_the_law_wants_of_a_contract_is_kept_though_its_owner_stays(self, solo, solo_user, eve, operator, at):
        """Both the contracts that ended and the person who leaves at last are found, each under the number that orders know."""
        factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER")
        business = {"registration_number": "1248100998", "company_name": "혼자 커피", "representative": "김혼자"}
        services.become_business(advertiser=solo, by=solo_user, at=at, **business)
        services.close(advertiser=solo, by=solo_user, at=at)
        row = WithdrawnPerson.objects.get(person=solo.public_id)
        kept = withdrawal.look(person=row, by=operator, at=at)
        assert {name: kept[name] for name in business} == business
        assert (kept["advertiser"], kept["email"]) == (str(solo.public_id), "solo@example.com")
        services.leave_house(user=solo_user, at=at)
        assert {row.person for row in WithdrawnPerson.objects.all()} == {solo.public_id, solo_user.public_id}

    def test_adv_38_bonus_credits_do_not_hold_anybody(self, solo, solo_user, at):
        with transaction.atomic():
            credits.grant_bonus(advertiser=solo, credits=500, key="gift", at=at)
        assert balances.balance(solo).available == 500
        assert closing.blockers_of(solo) == []

    @pytest.mark.django_db(transaction=True)
    def test_adv_38_a_launch_in_the_same_moment_comes_before_or_not_at_all(self, solo, solo_user, at):
        """Closing holds the wallet; whoever waits for it finds the account closed."""
        with transaction.atomic():
            credits.lock_wallet(solo)
        outcome: list[str] = []
        with transaction.atomic():
            assert closing.blockers_of(solo, lock=True) == []

            def launch() -> None:
                try:
                    connect_patiently()
                    campaigns.submit_campaign(advertiser=solo, spec=spec_of(at, budget=100), by=solo_user, at=at, key="late")
                except Exception as refusal:
                    outcome.append(type(refusal).__name__)
                finally:
                    connection.close()

            thread = threading.Thread(target=launch)
            thread.start()
            thread.join(0.5)
            assert thread.is_alive()  # it waits for the wallet
            Advertiser.objects.filter(pk=solo.pk).update(is_active=False)
        thread.join(60)
        assert (outcome, Campaign.objects.count()) == (["AccountRestricted"], 0)


class TestLeavingTheHouse:
    """ADV-38 for whoever owns no advertiser (any more), in every order in which one gets there."""

    def test_adv_38_closes_first_and_leaves_later_by_their_profile(self, solo, solo_user, eve, at):
        factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER")
        client = closes(solo_user)
        said = client.post(PAGE, follow=True)
        assert "내 로그인 계정은 광고주 정보에서 닫을 수 있어요." in said.text
        assert f'href="{LEAVE}"' in client.get("/my-page/profile/").text
        page = client.get(LEAVE)
        assert (page.context["owned"], page.context["teams"]) == ([], [eve])
        assert client.post(LEAVE).headers["Location"] == "/"
        assert client.get("/dashboard/").status_code == 302
        solo_user.refresh_from_db()
        assert (solo_user.is_active, solo_user.name, solo_user.email, solo_user.phone) == (False, withdrawal.NAME_OF_THE_GONE, "", "")
        assert Membership.objects.filter(user=solo_user, is_active=True).count() == 0
        factories.UserFactory(username="solo", email="solo@example.com", phone="+821012345678")  # all of it is free for somebody else

    def test_adv_38_closes_first_leaves_the_team_and_then_the_house(self, solo, solo_user, eve, at):
        mate = factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER")
        services.close(advertiser=solo, by=solo_user, at=at)
        services.leave(membership=mate, at=at)
        client = closes(solo_user)
        lost = client.get("/dashboard/")
        assert (lost.status_code, f'href="{LEAVE}"' in lost.text) == (404, True)
        assert client.get(LEAVE).status_code == 200
        client.post(LEAVE)
        solo_user.refresh_from_db()
        assert (solo_user.is_active, WithdrawnPerson.objects.filter(person=solo_user.public_id).count()) == (False, 1)

    def test_adv_38_leaves_the_team_first_and_goes_with_the_advertiser(self, solo, solo_user, eve, at):
        services.leave(membership=factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER"), at=at)
        closes(solo_user).post(PAGE)
        solo_user.refresh_from_db()
        assert solo_user.is_active is False

    def test_adv_38_an_owner_is_shown_each_advertiser_that_holds_them(self, solo, solo_user, eve, at):
        with transaction.atomic():
            second = opening.open_personal(name="두번째 가게")
            opening.add_owner(advertiser=second, user=solo_user)
        factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER")
        client = closes(solo_user)
        client.post("/my-page/switch/", {"advertiser": second.public_id})
        page = client.get(LEAVE)
        assert set(page.context["owned"]) == {solo, second}
        assert f'href="{PAGE}"' in page.text  # of the one they act for
        assert f'value="{solo.public_id}"' in page.text  # the way to the other
        assert "소유한 광고주가 2곳 있어요." in client.post(LEAVE, follow=True).text
        assert Membership.objects.filter(user=solo_user, is_active=True).count() == 3
        client.post(PAGE)
        assert client.get(LEAVE).context["owned"] == [solo]
        client.post("/my-page/switch/", {"advertiser": solo.public_id})
        client.post(PAGE)
        client.post(LEAVE)
        solo_user.refresh_from_db()
        assert (solo_user.is_active, Membership.objects.filter(user=solo_user, is_active=True).count()) == (False, 0)

    def test_adv_38_a_member_who_never_owned_anything_leaves_and_the_team_is_told(self, minji, jisoo, arrived, at):  # noqa: F811
        secret = services.make_key(membership=jisoo.memberships.get(), name="k", scopes=["campaigns.read"], at=at).secret
        client = closes(jisoo)
        assert f'href="{LEAVE}"' in client.get("/my-page/profile/").text
        client.post(LEAVE)
        jisoo.refresh_from_db()
        assert (jisoo.is_active, services.find_key(secret=secret, at=at)) == (False, None)
        arrived("advertisers.left")

    def test_adv_38_asks_again_who_it_is_though_there_is_no_team(self, db):
        user = factories.UserFactory(phone="+821012345678")
        client = browser(user)
        asked = client.post(LEAVE, {"sure": "yes"}).headers["Location"]
        assert asked.startswith("/accounts/step-up/close-account/")
        page = client.get(asked)
        assert (page.status_code, "인증번호 받기" in page.text) == (200, True)
        assert client.get("/accounts/kept-form/").status_code == 200
        user.refresh_from_db()
        assert user.is_active is True

    def test_adv_38_an_invitation_neither_holds_anybody_nor_brings_them_back(self, solo, solo_user, minji, minji_user, at):
        invited = services.invite(advertiser=minji, email=solo_user.email, role="MANAGER", by=minji_user, at=at)
        mate = factories.UserFactory(email="invited@example.com")
        services.close(advertiser=solo, by=solo_user, at=at)
        solo_user.refresh_from_db()
        assert solo_user.is_active is False
        kept = services.invite(advertiser=minji, email=mate.email, role="MANAGER", by=minji_user, at=at)
        gone = User.objects.get(pk=mate.pk)
        services.leave_house(user=mate, at=at)
        with pytest.raises(services.InvitationForSomebodyElse):  # a tab that was open: it still knows the address
            services.accept(token=token_of(kept), by=gone, at=at)
        kept.refresh_from_db()
        assert (kept.state, invited.state, Membership.objects.filter(user=mate).count()) == ("OPEN", "OPEN", 0)

    def test_adv_38_who_has_no_team_may_still_take_an_invitation(self, solo, solo_user, eve, minji, minji_user, at):
        mate = factories.MembershipFactory(advertiser=eve, user=solo_user, role="MANAGER")
        services.close(advertiser=solo, by=solo_user, at=at)
        services.leave(membership=mate, at=at)
        row = services.invite(advertiser=minji, email=solo_user.email, role="MANAGER", by=minji_user, at=at)
        client = browser(solo_user)
        assert client.post(f"/invitations/{token_of(row)}/accept/").headers["Location"] == "/dashboard/"
        assert client.get("/dashboard/").status_code == 200

    def test_adv_38_leaving_twice_is_leaving_once(self, jisoo, at):
        services.leave_house(user=jisoo, at=at)
        services.leave_house(user=jisoo, at=at)
        assert WithdrawnPerson.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_adv_38_ownership_handed_over_in_the_same_moment_comes_before_or_not_at_all(self, minji, minji_user, jisoo, at):
        """Leaving waits for the team; whoever became its owner meanwhile stays."""
        outcome: list[str] = []

        def go() -> None:
            try:
                services.leave_house(user=jisoo, at=at)
            except services.StillOwner as refusal:
                outcome.append(type(refusal).__name__)
            finally:
                connection.close()

        with transaction.atomic():
            lock_team(minji)
            thread = threading.Thread(target=go)
            thread.start()
            thread.join(0.5)
            assert thread.is_alive()  # it waits for the team
            Membership.objects.filter(advertiser=minji, user=minji_user).update(role="MANAGER")
            Membership.objects.filter(advertiser=minji, user=jisoo).update(role="OWNER")
        thread.join(20)
        jisoo.refresh_from_db()
        assert (outcome, jisoo.is_active) == (["StillOwner"], True)


class TestBecomingABusiness:
    def test_keeps_ledger_campaigns_team_and_keys(self, solo, solo_user, at):
        with transaction.atomic():
            credits.top_up(advertiser=solo, credits=1_000, order_id="o-1", gateway="portone", key="o-1:top_up", at=at)
        campaign = campaigns.submit_campaign(advertiser=solo, spec=spec_of(at, budget=300), by=solo_user, at=at, key="a")
        secret = services.make_key(membership=solo_user.memberships.get(), name="k", scopes=["campaigns.read"], at=at).secret
        before = (balances.balance(solo), list(Entry.objects.values("pk", "kind", "idempotency_key")), solo.pk, solo.public_id)
        services.become_business(
            advertiser=solo, registration_number="1248100998", company_name="혼자 커피", by=solo_user, at=at, representative="김혼자"
        )
        solo.refresh_from_db()
        assert (solo.kind, solo.name, solo.business.registration_number) == ("BUSINESS", "혼자 커피", "1248100998")
        assert (solo.business.papers_state, PersonalUser.objects.filter(advertiser=solo).exists()) == ("MISSING", False)
        assert (balances.balance(solo), list(Entry.objects.values("pk", "kind", "idempotency_key")), solo.pk, solo.public_id) == before
        campaign.refresh_from_db()
        assert (campaign.advertiser_id, campaign.state) == (solo.pk, "SUBMITTED")
        assert services.find_key(secret=secret, at=at) is not None
        assert browser(solo_user).get("/my-page/profile/").status_code == 200

    def test_happens_once_and_not_to_a_business(self, solo, solo_user, minji, minji_user, at):
        facts = {"registration_number": "1248100998", "company_name": "혼자 커피", "at": at}
        services.become_business(advertiser=solo, by=solo_user, **facts)
        for advertiser, user in ((solo, solo_user), (minji, minji_user)):
            with pytest.raises(services.NotPersonal):
                services.become_business(advertiser=advertiser, by=user, **facts)
        assert BusinessUser.objects.filter(registration_number="1248100998").count() == 1


class TestRetention:
    def test_is_a_table_of_what_why_how_long_and_which_job(self, db, at):
        retention.purge(at=at)
        rows = {row.key: row for row in RetentionRule.objects.all()}
        assert {"identity.withdrawn", "identity.access_log", "advertisers.invitations", "identity.phone_codes", "identity.notices"} <= set(
            rows
        )
        assert all(row.what and row.why and row.keep_days > 0 and row.last_run_at == at for row in rows.values())
        assert (rows["identity.withdrawn"].keep_days, rows["identity.access_log"].job) == (5 * 366, "")

    def test_destroys_the_withdrawn_after_five_years_and_not_a_day_before(self, solo, solo_user, at):
        services.close(advertiser=solo, by=solo_user, at=at)
        due = at + withdrawal.KEPT_FOR
        assert retention.purge(at=due - timedelta(days=1))["identity.withdrawn"] == 0
        assert WithdrawnPerson.objects.count() == 1
        assert retention.purge(at=due)["identity.withdrawn"] == 1
        assert retention.purge(at=due)["identity.withdrawn"] == 0
        assert (WithdrawnPerson.objects.count(), RetentionRule.objects.get(key="identity.withdrawn").last_run_at) == (0, due)

    def test_destroys_addresses_of_invitations_that_ended_long_ago(self, minji, minji_user, at):
        row = services.invite(advertiser=minji, email="x@example.com", role="MANAGER", by=minji_user, at=at)
        assert retention.purge(at=row.expires_at + timedelta(days=89))["advertisers.invitations"] == 0
        assert retention.purge(at=row.expires_at + timedelta(days=90))["advertisers.invitations"] == 1
        assert Invitation.objects.count() == 0

    def test_is_declared_once_for_each_kind_of_data(self, db):
        handlers.load()
        with pytest.raises(RuntimeError, match="declared twice"):
            retention.kept("identity.access_log", what="다른 말", why="x", keep_days=1)
