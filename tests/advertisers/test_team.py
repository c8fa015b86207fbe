"""Who is in the team, in which role, who owns it, and what people can see of it."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from advertisers import history, services
from advertisers.models import Invitation, Membership, ReportRecipient, RoleLimit
from advertisers.services import invitations
from common.models import Effect
from identity.models import AccessLog, Notification, StepUpGrant, User
from tests import factories
from tests.advertisers.conftest import join, number_of
from tests.connecting import connect_patiently
from tests.doubler import run_doubled, run_plain
from tests.signing_in import browser, step_up

TEAM = "/my-page/team/"
Purpose = StepUpGrant.Purpose


def member(user, advertiser):
    return Membership.objects.get(user=user, advertiser=advertiser)


def invite(minji, minji_user, at, email="new@example.com", role="MANAGER"):
    return services.invite(advertiser=minji, email=email, role=role, by=minji_user, at=at)


class TestInvitation:
    def test_is_one_mail_with_a_link_and_the_row_keeps_only_its_hash(self, minji, minji_user, at, settings):
        browser(minji_user).post(f"{TEAM}invite/", {"email": "New@Example.com", "role": "FINANCE"})
        row, effect = Invitation.objects.get(), Effect.objects.get()
        run_plain(at=effect.due_at)
        [message] = mail.outbox
        token = invitations.token_of(row)
        assert (message.to, message.subject) == (["new@example.com"], "[부스트] 민지네 커피 팀에 초대받았어요")
        assert f"{settings.PORTAL_ORIGINS['advertiser']}/invitations/{token}/" in message.body
        assert row.token_hash == invitations.hash_of(token)
        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM advertisers_invitation t UNION ALL SELECT t::text FROM common_effect t")
            assert token not in "".join(text for (text,) in cursor.fetchall())

    def test_doubled_by_the_queue_is_the_same_link_in_the_same_message(self, minji, minji_user, at):
        invite(minji, minji_user, at)
        run_doubled(at=at)
        assert len({message.body for message in mail.outbox}) == 1
        assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1

    def test_sent_again_makes_the_earlier_link_worthless(self, minji, minji_user, at):
        first = invitations.token_of(invite(minji, minji_user, at))
        again = invite(minji, minji_user, at + timedelta(days=6), role="REPORTER")
        with pytest.raises(services.InvitationGone):
            services.find_invitation(token=first, at=at)
        found = services.find_invitation(token=invitations.token_of(again), at=at + timedelta(days=12))
        assert (found.role, Invitation.objects.count()) == ("REPORTER", 1)
        run_plain(at=at + timedelta(days=6))
        assert [first in message.body for message in mail.outbox] == [False]  # the first mail was not out yet, and never leaves

    def test_looking_at_the_link_takes_nothing_and_accepting_works_once(self, minji, minji_user, at, db):
        newcomer = factories.UserFactory(email="New@example.com")
        token = invitations.token_of(invite(minji, minji_user, timezone.now()))
        client = browser(newcomer)
        for _ in range(3):
            assert client.get(f"/invitations/{token}/").status_code == 200
        assert client.post(f"/invitations/{token}/accept/").headers["Location"] == "/dashboard/"
        assert member(newcomer, minji).role == "MANAGER"
        assert client.get("/dashboard/").status_code == 200
        assert client.get(f"/invitations/{token}/").status_code == 404
        with pytest.raises(services.InvitationGone):
            services.accept(token=token, by=newcomer, at=at)
        assert Membership.objects.filter(advertiser=minji, user=newcomer).count() == 1

    def test_says_to_a_stranger_who_invites_but_not_the_whole_address(self, minji, minji_user, client):
        token = invitations.token_of(invite(minji, minji_user, timezone.now()))
        page = client.get(f"/invitations/{token}/").text
        assert "민지네 커피" in page
        assert "ne***@example.com" in page
        assert "new@example.com" not in page
        assert f"/accounts/login/?next=/invitations/{token}/" in page

    def test_is_worthless_when_forwarded_revoked_expired_or_the_advertiser_is_closed(self, minji, minji_user, eve_user, at):
        newcomer = factories.UserFactory(email="new@example.com")
        row = invite(minji, minji_user, at)
        token = invitations.token_of(row)
        with pytest.raises(services.InvitationForSomebodyElse):
            services.accept(token=token, by=eve_user, at=at)
        with pytest.raises(services.InvitationGone):
            services.accept(token=token, by=newcomer, at=at + invitations.VALID_FOR)
        minji.is_active = False
        minji.save()
        with pytest.raises(services.InvitationGone):
            services.accept(token=token, by=newcomer, at=at)
        minji.is_active = True
        minji.save()
        services.revoke(advertiser=minji, invitation=row.public_id, at=at)
        with pytest.raises(services.InvitationGone):
            services.accept(token=token, by=newcomer, at=at)
        assert not Membership.objects.filter(user=newcomer).exists()

    def test_of_another_team_cannot_be_revoked(self, minji, minji_user, eve, eve_user, at):
        row = invite(minji, minji_user, at)
        browser(eve_user).post(f"{TEAM}invitations/{row.public_id}/revoke/")
        assert Invitation.objects.get().state == "OPEN"

    def test_is_limited_per_address_and_per_day(self, minji, minji_user, at):
        for _ in range(invitations.MOST_MAILS):
            invite(minji, minji_user, at)
        with pytest.raises(services.TooManyInvitations):
            invite(minji, minji_user, at)
        for number in range(invitations.MOST_A_DAY - 1):
            invite(minji, minji_user, at, email=f"p{number}@example.com")
        with pytest.raises(services.TooManyInvitations):
            invite(minji, minji_user, at, email="one-more@example.com")
        assert Invitation.objects.count() == invitations.MOST_A_DAY
        invite(minji, minji_user, at + timedelta(days=1, seconds=1), email="one-more@example.com")

    @pytest.mark.parametrize(
        ("email", "role"), [("", "MANAGER"), ("nobody", "MANAGER"), ("a@b.kr", "OWNER"), ("a@b.kr", "ADMIN"), ("a@b.kr\n", "")]
    )
    def test_with_bad_input_is_refused_beside_the_field_and_nothing_is_written(self, minji, minji_user, email, role):
        answer = browser(minji_user).post(f"{TEAM}invite/", {"email": email, "role": role})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert (Invitation.objects.count(), Effect.objects.count()) == (0, 0)

    def test_of_somebody_who_is_there_says_so(self, minji, minji_user, jisoo):
        answer = browser(minji_user).post(f"{TEAM}invite/", {"email": "JISOO@example.com", "role": "MANAGER"})
        assert (answer.status_code, Invitation.objects.count()) == (422, 0)
        assert "이미 팀에 있는 구성원이에요." in answer.text

    def test_brings_a_former_member_back_under_the_new_role(self, minji, minji_user, jisoo, at):
        services.remove(advertiser=minji, member=number_of(jisoo, minji), by=minji_user, at=at)
        row = invite(minji, minji_user, at, email="jisoo@example.com", role="FINANCE")
        services.accept(token=invitations.token_of(row), by=jisoo, at=at)
        assert (member(jisoo, minji).role, member(jisoo, minji).is_active) == ("FINANCE", True)


class TestRoles:
    def test_change_with_the_next_request(self, minji, minji_user, jisoo):
        client = browser(jisoo)
        assert client.get("/campaigns/new/").status_code == 403
        browser(minji_user).post(f"{TEAM}members/{number_of(jisoo, minji)}/change-role/", {"role": "MANAGER"})
        assert client.get("/campaigns/new/").status_code == 200
        assert Notification.objects.get(user=jisoo).kind == "advertisers.role_changed"

    @pytest.mark.parametrize("role", ["OWNER", "ADMIN", ""])
    def test_nobody_becomes_owner_by_a_crafted_form(self, minji, minji_user, jisoo, role):
        browser(minji_user).post(f"{TEAM}members/{number_of(jisoo, minji)}/change-role/", {"role": role})
        assert member(jisoo, minji).role == "REPORTER"

    def test_the_owner_can_be_neither_removed_nor_lowered(self, minji, minji_user, at):
        number = number_of(minji_user, minji)
        client = step_up(browser(minji_user), minji_user, Purpose.MEMBER_REMOVAL)
        for verb, data in (("remove", {}), ("change-role", {"role": "REPORTER"})):
            client.post(f"{TEAM}members/{number}/{verb}/", data)
        browser(minji_user).post(f"{TEAM}leave/")
        assert (member(minji_user, minji).role, member(minji_user, minji).is_active) == ("OWNER", True)

    @pytest.mark.parametrize("role", ["MANAGER", "FINANCE", "REPORTER"])
    def test_adv_32_only_the_owner_decides_about_the_team_and_a_try_is_written_down(self, minji, minji_user, jisoo, role):
        weak = join(minji, "weak", role)
        client, number = browser(weak), number_of(jisoo, minji)
        paths = ["invite/", "set-limit/", "recipients/add/", f"members/{number}/remove/", f"members/{number}/make-owner/"]
        paths += [f"members/{number}/change-role/", f"recipients/{number}/remove/", f"invitations/{number}/revoke/"]
        for path in paths:
            data = {"email": "x@example.com", "role": "MANAGER", "monthly_credits": "5"}
            assert client.post(TEAM + path, data).status_code == 403
        assert client.post("/my-page/profile/", {"name": "내 것"}).status_code == 403
        minji.refresh_from_db()
        assert (minji.name, member(jisoo, minji).role, member(jisoo, minji).is_active) == ("민지네 커피", "REPORTER", True)
        assert (Invitation.objects.count(), RoleLimit.objects.count(), ReportRecipient.objects.count()) == (0, 0, 0)
        tried = AccessLog.objects.filter(actor=weak, action="access.denied", subject=f"advertiser:{minji.public_id}")
        assert tried.count() == len(paths) + 1

    def test_adv_32_a_reporter_neither_pays_nor_launches_and_the_try_is_written_down(self, minji, jisoo):
        client = browser(jisoo)
        assert [client.get(path).status_code for path in ("/payments/top-up/", "/campaigns/new/")] == [403, 403]
        assert client.post("/api/v1/campaigns", data="{}", content_type="application/json").status_code in (403, 422)
        assert AccessLog.objects.filter(actor=jisoo, action="access.denied").count() >= 2

    def test_another_teams_members_do_not_exist(self, minji, minji_user, jisoo, eve, eve_user):
        client = step_up(step_up(browser(eve_user), eve_user, Purpose.MEMBER_REMOVAL), eve_user, Purpose.OWNER_TRANSFER)
        for verb, data in (("remove", {}), ("change-role", {"role": "FINANCE"}), ("make-owner", {})):
            client.post(f"{TEAM}members/{number_of(jisoo, minji)}/{verb}/", data)
        assert (member(jisoo, minji).role, member(jisoo, minji).is_active) == ("REPORTER", True)


class TestOwner:
    def test_hands_over_and_becomes_a_manager(self, minji, minji_user, mina):
        client, path = browser(minji_user), f"{TEAM}members/{number_of(mina, minji)}/make-owner/"
        assert "/step-up/owner-transfer/" in client.post(path, {"sure": "yes"}).headers["Location"]
        assert member(minji_user, minji).role == "OWNER"
        step_up(client, minji_user, Purpose.OWNER_TRANSFER).post(path)
        assert (member(mina, minji).role, member(minji_user, minji).role) == ("OWNER", "MANAGER")
        assert browser(minji_user).post(f"{TEAM}set-limit/", {"monthly_credits": "1"}).status_code == 403

    def test_is_one_by_the_database(self, minji, jisoo):
        with pytest.raises(IntegrityError, match="advertisers_membership_one_owner"), transaction.atomic():
            Membership.objects.filter(user=jisoo).update(role="OWNER")

    @pytest.mark.django_db(transaction=True)
    def test_handed_to_two_at_once_goes_to_one(self, minji, minji_user, at):
        heirs = [join(minji, name, "MANAGER") for name in ("first", "second")]
        outcomes: list[str] = []
        gate = threading.Barrier(2)

        def hand_over(heir: User) -> None:
            try:
                connect_patiently()
                gate.wait(timeout=20)
                services.transfer_ownership(advertiser=minji, member=member(heir, minji).public_id, by=minji_user, at=at)
                outcomes.append("done")
            except services.NotInTeam:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=hand_over, args=(heir,)) for heir in heirs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(outcomes) == ["done", "refused"]
        assert Membership.objects.filter(advertiser=minji, role="OWNER", is_active=True).count() == 1


class TestRemoval:
    def test_adv_35_ends_the_session_with_the_very_next_request(self, minji, minji_user, mina):
        client = browser(mina)
        assert client.get("/campaigns/").status_code == 200
        owner, path = browser(minji_user), f"{TEAM}members/{number_of(mina, minji)}/remove/"
        assert "/step-up/member-removal/" in owner.post(path, {"sure": "yes"}).headers["Location"]
        assert client.get("/campaigns/").status_code == 200
        step_up(owner, minji_user, Purpose.MEMBER_REMOVAL).post(path)
        assert client.get("/campaigns/").status_code == 404
        assert client.post(f"{TEAM}leave/").status_code == 404

    def test_of_oneself_tells_the_owner(self, minji, minji_user, jisoo):
        assert browser(jisoo).post(f"{TEAM}leave/").status_code == 302
        assert member(jisoo, minji).is_active is False
        assert Notification.objects.get(user=minji_user).kind == "advertisers.left"


class TestReportRecipient:
    def test_is_the_fifth_role_an_address_without_an_account(self, minji, minji_user, client):
        people = User.objects.count()
        browser(minji_user).post(f"{TEAM}recipients/add/", {"email": "Boss@Example.com"})
        browser(minji_user).post(f"{TEAM}recipients/add/", {"email": "boss@example.com"})
        row = ReportRecipient.objects.get()
        assert (row.email, User.objects.count()) == ("boss@example.com", people)
        answer = client.post("/accounts/login/", {"login": "boss@example.com", "password": "anything-at-all"})
        assert answer.status_code == 422
        browser(minji_user).post(f"{TEAM}recipients/{row.public_id}/remove/")
        assert ReportRecipient.objects.count() == 0

    def test_of_another_team_stays(self, minji, minji_user, eve_user, at):
        row = services.add_recipient(advertiser=minji, email="boss@example.com", by=minji_user, at=at)
        assert browser(eve_user).post(f"{TEAM}recipients/{row.public_id}/remove/").status_code == 404
        assert ReportRecipient.objects.count() == 1


class TestPages:
    def test_show_contacts_masked_and_to_the_owner_what_can_be_done(self, minji, minji_user, mina, jisoo):
        own, weak = browser(minji_user).get(TEAM).text, browser(jisoo).get(TEAM).text
        for page in (own, weak, browser(minji_user).get("/my-page/profile/").text):
            assert "mi***@example.com" in page or "ji***@example.com" in page
            assert "mina@example.com" not in page
            assert "minji@example.com" not in page
        assert "초대하기" in own
        assert "초대하기" not in weak
        assert f"members/{number_of(mina, minji)}/" not in weak

    def test_ask_the_database_the_same_number_of_times_whatever_the_size_of_the_team(self, minji, minji_user):
        client = browser(minji_user)
        client.get(TEAM)
        with CaptureQueriesContext(connection) as few:
            client.get(TEAM)
        for number in range(15):
            join(minji, f"person{number}", "REPORTER")
        with CaptureQueriesContext(connection) as many:
            client.get(TEAM)
        assert len(many) == len(few)

    def test_the_name_changes_and_is_not_kept_in_the_history(self, minji, minji_user):
        browser(minji_user).post("/my-page/profile/", {"name": "  민지 커피 로스터스 "})
        minji.refresh_from_db()
        assert minji.name == "민지 커피 로스터스"
        assert ("김민지", "광고주 이름을 바꿨어요") in [(change.who, change.text) for change in history.changes(minji)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(t::text, '') FROM advertisers_advertiserevent t")
            assert "민지" not in cursor.fetchone()[0]

    @pytest.mark.parametrize("name", ["", " ", "가\n나", "가" * 61, "가\x00나"])
    def test_a_bad_name_is_refused_and_nothing_changes(self, minji, minji_user, name):
        assert browser(minji_user).post("/my-page/profile/", {"name": name}).status_code == 422
        assert browser(minji_user).post("/my-page/profile/").status_code == 422
        minji.refresh_from_db()
        assert minji.name == "민지네 커피"


class TestHistory:
    def test_tells_the_team_who_changed_what(self, minji, minji_user, mina, at):
        services.change_role(advertiser=minji, member=member(mina, minji).public_id, role="FINANCE", by=minji_user, at=at)
        services.set_limit(advertiser=minji, role="MANAGER", monthly_credits=300_000, by=minji_user, at=at)
        services.remove(advertiser=minji, member=member(mina, minji).public_id, by=minji_user, at=at)
        told = [(change.who, change.text) for change in history.changes(minji)]
        assert [line for line in told if "mina" in line[1]] == [
            ("김민지", "mina 님이 팀에서 나왔어요"),
            ("김민지", "mina 님의 역할이 운영 담당에서 재무 담당 역할로 바뀌었어요"),
            ("", "mina 님이 운영 담당 역할로 들어왔어요"),
        ]
        assert sorted(line for line in told if "mina" not in line[1]) == [
            ("", "광고주를 만들었어요"),
            ("", "김민지 님이 소유자 역할로 들어왔어요"),
            ("김민지", "운영 담당의 한 달 한도: 한도 없음 → 300,000크레딧"),
        ]
        assert "300,000크레딧" in browser(minji_user).get(f"{TEAM}history/").text

    def test_of_one_team_is_not_told_to_another(self, minji, eve, eve_user, mina):
        assert "mina" not in browser(eve_user).get(f"{TEAM}history/").text

    def test_cannot_be_changed_or_emptied(self, minji):
        for statement in ("UPDATE advertisers_membershipevent SET role = 'OWNER'", "DELETE FROM advertisers_membershipevent"):
            with pytest.raises(Exception, match="are history"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
