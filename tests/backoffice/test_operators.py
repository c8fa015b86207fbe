"""Operators come, get roles and networks, and go; nobody does it to themselves, and what waited for one waits for everybody again."""

import threading

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from backoffice import navigation, operators, rights
from backoffice.operators import AddressTaken, LastAdmin, NoSuchRole, NotANetwork, NotOneself
from identity import approvals, networks
from identity.models import AccessLog, AllowedNetwork, ApprovalRequest, User
from inquiries import services as inquiries
from inquiries.schemas import InquiryIn
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at, press, said
from tests.connecting import connect_patiently

WHY = "팀이 바뀌었어요"


@pytest.fixture
def admin(db):
    return hire("admin", rights.ADMIN)


class TestHiring:
    def test_shows_a_first_password_once_and_demands_a_second_factor(self, admin):
        form = {"email": "sora@staff.example.com", "name": "소라", "roles": [rights.SUPPORT, rights.REVIEWER], "reason": WHY}
        answer = press(enter(admin), at("identity_user_hire"), **form)
        user = User.objects.get(email="sora@staff.example.com")
        password = answer.text.split("<code>")[1].split("</code>")[0]
        assert user.check_password(password)
        assert (user.kind, rights.roles_of(user)) == (User.Kind.OPERATOR, {rights.SUPPORT, rights.REVIEWER})
        assert enter(user).get(INDEX).headers["Location"] == "/backoffice/2fa/totp/"
        assert password not in str(LogEntry.objects.values_list("change_message", flat=True))

    def test_refuses_a_known_address_and_no_role(self, admin):
        with pytest.raises(AddressTaken):
            operators.hire(email="ADMIN@staff.example.com", name="다른", roles=["support"], by=admin, reason=WHY, at=timezone.now())
        with pytest.raises(NoSuchRole):
            operators.hire(email="x@staff.example.com", name="다른", roles=[], by=admin, reason=WHY, at=timezone.now())
        with pytest.raises(NoSuchRole):
            operators.hire(email="x@staff.example.com", name="다른", roles=["king"], by=admin, reason=WHY, at=timezone.now())
        assert User.objects.count() == 1

    @pytest.mark.parametrize("role", [rights.FINANCE, rights.REVIEWER, rights.SUPPORT, rights.CONTENT])
    def test_is_for_admins(self, desk, role):
        answer = press(desk(role), at("identity_user_hire"), email="x@staff.example.com", name="x", roles=["admin"], reason=WHY)
        assert answer.status_code == 403
        assert User.objects.count() == 1


class TestRoles:
    def test_hold_from_the_next_page_on(self, admin):
        sora = hire("sora", rights.SUPPORT)
        client = enter(sora)
        assert client.get(at("inquiry-list")).status_code == 200
        press(enter(admin), at("identity_user_set_roles", sora.pk), roles=[rights.FINANCE], reason=WHY)
        assert client.get(at("inquiry-list")).status_code == 403
        assert client.get(at("refund-list")).status_code == 200
        assert "고객 응대 → 정산" in LogEntry.objects.get(object_id=str(sora.pk)).change_message

    def test_are_not_ones_own_to_change(self, admin):
        with pytest.raises(NotOneself):
            operators.set_roles(operator=admin, roles=[rights.ADMIN, rights.FINANCE], by=admin, reason=WHY, at=timezone.now())
        press(enter(admin), at("identity_user_set_roles", admin.pk), roles=[rights.ADMIN, rights.FINANCE], reason=WHY)
        assert rights.roles_of(User.objects.get(pk=admin.pk)) == {rights.ADMIN}

    def test_leave_one_admin(self, admin):
        other = hire("other", rights.ADMIN)
        operators.set_roles(operator=other, roles=[rights.SUPPORT], by=admin, reason=WHY, at=timezone.now())
        boss = hire("boss", rights.SUPPORT)
        with pytest.raises(LastAdmin):
            operators.let_go(operator=admin, by=boss, reason=WHY, at=timezone.now())
        with pytest.raises(LastAdmin):
            operators.set_roles(operator=admin, roles=[rights.SUPPORT], by=boss, reason=WHY, at=timezone.now())
        assert User.objects.get(pk=admin.pk).is_active

    @pytest.mark.parametrize("role", sorted(rights.RIGHTS))
    def test_open_their_rooms_and_no_others(self, desk, role):
        client = desk(role)
        shown, answers = set(), {}
        for _, rooms in navigation.GROUPS:
            for room in rooms:
                answers[room.name] = client.get(at(room.name)).status_code
                if room.needs is None or room.needs in rights.RIGHTS[role]:
                    shown.add(room.name)
        assert {name for name, status in answers.items() if status == 200} == shown
        assert {status for name, status in answers.items() if name not in shown} <= {403}
        links = client.get(INDEX).text
        assert all((f'href="{at(name)}"' in links) == (name in shown) for name in answers if name != "index")


class TestLeaving:
    def test_ops_30_ends_sessions_and_puts_open_work_back_into_the_queue(self, admin, minji, minji_user):
        sora = hire("sora", rights.SUPPORT, rights.FINANCE)
        client = enter(sora)
        question = InquiryIn(topic="OTHER", title="궁금해요", text="언제 되나요?")
        asked = inquiries.ask(asker=minji_user, advertiser=minji, question=question, key="form", at=timezone.now())
        inquiries.assign(inquiry=asked, to=sora, by=sora, at=timezone.now())
        with transaction.atomic():
            row = approvals.ask(kind="credits.manual_credit", subject="x", summary="셋", data={}, by=sora, key="k", at=timezone.now())
        press(enter(admin), at("identity_user_let_go", sora.pk), reason=WHY)
        assert client.get(INDEX).headers["Location"].startswith("/backoffice/login/")
        asked.refresh_from_db()
        assert asked.assignee is None
        sora.refresh_from_db()
        assert (sora.is_active, list(sora.groups.all())) == (False, [])
        assert not Authenticator.objects.filter(user=sora).exists()
        with transaction.atomic():
            approvals.approve(request_id=row.pk, by=hire("dami", rights.FINANCE), at=timezone.now())
        assert ApprovalRequest.objects.get().state == ApprovalRequest.State.APPROVED

    def test_ops_30_a_role_that_is_taken_away_puts_its_open_work_back_and_leaves_the_rest(self, admin, minji, minji_user):
        sora = hire("sora", rights.SUPPORT, rights.FINANCE)
        question = InquiryIn(topic="OTHER", title="궁금해요", text="언제 되나요?")
        asked = inquiries.ask(asker=minji_user, advertiser=minji, question=question, key="form", at=timezone.now())
        inquiries.assign(inquiry=asked, to=sora, by=sora, at=timezone.now())
        client = enter(admin)
        press(client, at("identity_user_set_roles", sora.pk), roles=[rights.SUPPORT], reason=WHY)
        asked.refresh_from_db()
        assert asked.assignee == sora
        press(client, at("identity_user_set_roles", sora.pk), roles=[rights.FINANCE], reason=WHY)
        asked.refresh_from_db()
        assert asked.assignee is None
        note = LogEntry.objects.filter(object_id=str(sora.pk)).latest("pk")
        assert "고객 응대 → 정산 (문의 1건과 심사 0건을 되돌려 놓았어요)" in note.change_message

    @pytest.mark.django_db(transaction=True)
    def test_two_admins_who_let_each_other_go_leave_one(self):
        pair = [hire("one", rights.ADMIN), hire("two", rights.ADMIN)]
        start, refused = threading.Barrier(2), []

        def go(by, operator):
            try:
                connect_patiently()
                start.wait(timeout=20)
                operators.let_go(operator=operator, by=by, reason=WHY, at=timezone.now())
            except LastAdmin:
                refused.append(by)
            finally:
                connection.close()

        threads = [threading.Thread(target=go, args=ends) for ends in (pair, pair[::-1])]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(refused) == 1
        assert User.objects.filter(is_active=True, kind=User.Kind.OPERATOR).count() == 1


class TestNetworks:
    def test_keep_an_operator_out_who_comes_from_elsewhere(self, admin):
        sora = hire("sora", rights.SUPPORT)
        client = enter(sora)
        press(enter(admin), at("identity_user_set_networks", sora.pk), networks="203.0.113.0/24\n198.51.100.7", reason=WHY)
        assert client.get(INDEX).status_code == 403
        assert AccessLog.objects.filter(action="access.wrong_network", actor=sora).count() == 1
        assert client.get(INDEX, REMOTE_ADDR="203.0.113.9").status_code == 200
        press(enter(admin), at("identity_user_set_networks", sora.pk), networks="", reason=WHY)
        assert client.get(INDEX).status_code == 200

    def test_are_read_before_they_are_kept(self, admin):
        sora = hire("sora", rights.SUPPORT)
        with pytest.raises(NotANetwork):
            operators.set_networks(operator=sora, lines=["203.0.113.0/24", "우리 집"], by=admin, reason=WHY, at=timezone.now())
        assert AllowedNetwork.objects.count() == 0
        client = enter(admin)
        press(client, at("identity_user_set_networks", sora.pk), networks="우리 집", reason=WHY)
        assert "주소가 아니에요" in said(client.get(at("identity_user_change", sora.pk)))

    def test_hold_for_both_kinds_of_addresses(self):
        assert networks.is_in("2001:db8::1", ["2001:db8::/32"])
        assert not networks.is_in("203.0.113.9", ["2001:db8::/32"])
        assert not networks.is_in("", ["0.0.0.0/0"])

    def test_are_asked_before_anything_is_shown(self, db):
        sora = hire("sora", rights.ADMIN)
        AllowedNetwork.objects.create(user=sora, network="203.0.113.0/24")
        client: Client = enter(sora)
        assert {client.get(at(room.name)).status_code for _, rooms in navigation.GROUPS for room in rooms} == {403}
