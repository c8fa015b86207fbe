"""What members do with their accounts: consents, devices, the password, their data, leaving. On the web and in the app."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from common import effects, handlers
from common.models import Effect
from credits import selectors as balances
from credits import services as credits
from identity import mail_links, notifications
from identity.models import Consent, User
from rewards import data_export, services
from rewards.models import DataExport, Member
from rewards.tasks import purge_data_exports
from tests.app import Phone
from tests.doubler import run_doubled
from tests.factories import PASSWORD, MemberFactory
from tests.rewards.raffle_world import give
from tests.signing_in import browser

NEW = "another-passw0rd-새로"


@pytest.mark.django_db
class TestConsents:
    def test_usr_25_marketing_is_given_and_taken_back_in_the_app(self, suji):
        phone = Phone(suji)
        assert {row["kind"]: row["given"] for row in phone.get("/agreements").json()} == dict.fromkeys(Consent.Kind.values, False)
        refused = phone.post("/agreements", {"kind": "NIGHT", "given": True})
        assert (refused.status_code, refused.json()["code"]) == (422, "consent.marketing_first")
        for kind in ("MARKETING", "NIGHT"):
            assert phone.post("/agreements", {"kind": kind, "given": True}).status_code == 200
        answers = phone.post("/agreements", {"kind": "MARKETING", "given": False}).json()
        assert not any(row["given"] for row in answers)
        assert phone.post("/agreements", {"kind": "TERMS", "given": False}).status_code == 422

    def test_usr_25_and_on_the_web(self, suji):
        client = browser(suji.user)
        assert "새 미션과 래플" in client.get("/luckffle/me/consents/").content.decode()
        client.post("/luckffle/me/consents/", {"kind": "MARKETING", "given": "yes"})
        client.post("/luckffle/me/consents/", {"kind": "MARKETING", "given": "no"})
        assert list(Consent.objects.filter(kind="MARKETING").order_by("pk").values_list("given", flat=True)) == [True, False]


@pytest.mark.django_db
class TestDevices:
    def test_are_listed_and_one_of_them_is_signed_out(self, suji):
        signed_in = [Phone().post("/auth/login", {"phone": suji.user.phone, "password": PASSWORD}).json()["meta"] for _ in range(2)]
        first, second = (Phone(token=meta["access_token"]) for meta in signed_in)
        devices = first.get("/sign-ins").json()
        assert len(devices) == 2
        assert all("안드로이드" in device["name"] for device in devices)
        assert second.post(f"/sign-ins/{devices[-1]['id']}/end").status_code == 204
        refreshed = [Phone().post("/auth/refresh", {"refresh_token": meta["refresh_token"]}).status_code for meta in signed_in]
        assert sorted(refreshed) == [200, 401]

    def test_of_others_are_nobodys_business(self, suji):
        Phone().post("/auth/login", {"phone": suji.user.phone, "password": PASSWORD})
        number = Phone(suji).get("/sign-ins").json()[0]["id"]
        assert Phone(MemberFactory()).post(f"/sign-ins/{number}/end").status_code == 404
        assert len(Phone(suji).get("/sign-ins").json()) == 1

    def test_stand_on_the_page(self, suji):
        assert "로그인한 기기" in browser(suji.user).get("/luckffle/me/sessions/").content.decode()


def sign_in(member):
    """The tokens of one more phone."""
    meta = Phone().post("/auth/login", {"phone": member.user.phone, "password": PASSWORD}).json()["meta"]
    return Phone(token=meta["access_token"]), meta["refresh_token"]


@pytest.mark.django_db
class TestTokensThatAreOut:
    """An access token lives for five minutes, and opens nothing once its sign-in was ended, coupons least of all."""

    @pytest.fixture
    def phone(self, suji, at):
        cache.clear()
        with time_machine.travel(at, tick=False) as clock:
            phone, _ = sign_in(suji)
            clock.shift(10)
            assert phone.get("/me").status_code == 200
            yield phone

    def is_shut(self, phone):
        answers = [phone.get(path) for path in ("/me", "/shop/orders")]
        return {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "member.token_outdated")}

    def test_are_worth_nothing_after_a_forgotten_password(self, suji, phone):
        token = mail_links.grant_reset(user=suji.user, at=timezone.now())
        assert Phone().post("/password-reset", {"token": token, "password": NEW}).status_code == 204
        assert self.is_shut(phone)

    def test_are_worth_nothing_after_every_device_was_signed_out(self, phone):
        assert phone.post("/sign-ins/end-all").status_code == 204
        assert self.is_shut(phone)

    def test_are_worth_nothing_after_one_device_was_signed_out_and_the_other_goes_on(self, suji, phone):
        other, refresh = sign_in(suji)
        lost = other.get("/sign-ins").json()[-1]["id"]
        assert other.post(f"/sign-ins/{lost}/end").status_code == 204
        assert self.is_shut(phone)
        again = Phone().post("/auth/refresh", {"refresh_token": refresh}).json()["data"]["access_token"]
        assert Phone(token=again).get("/me").status_code == 200

    def test_are_worth_nothing_after_the_other_devices_were_signed_out_on_the_web(self, suji, phone):
        browser(suji.user).post("/luckffle/me/sessions/")
        assert self.is_shut(phone)

    def test_are_worth_nothing_after_signing_out_on_the_phone_itself(self, phone):
        phone.call("delete", "/auth/session")
        assert self.is_shut(phone)

    def test_are_worth_nothing_after_a_new_password_on_the_web(self, suji, phone):
        answer = browser(suji.user).post("/luckffle/me/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
        assert answer.status_code == 302
        assert self.is_shut(phone)


@pytest.mark.django_db
class TestPassword:
    def test_is_changed_in_the_app_and_older_tokens_are_worth_nothing(self, suji):
        phone = Phone(suji)
        Member.objects.update(tokens_valid_from=timezone.now() - timedelta(days=1))
        wrong = phone.post("/password", {"current": "not-the-passw0rd", "password": NEW})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "member.password_wrong")
        assert phone.post("/password", {"current": PASSWORD, "password": NEW}).status_code == 204
        assert User.objects.get(pk=suji.user_id).check_password(NEW)
        assert Member.objects.get().tokens_valid_from > timezone.now() - timedelta(minutes=1)


@pytest.mark.django_db
class TestProfile:
    def test_a_nickname_is_changed_on_the_web_and_in_the_app(self, suji):
        browser(suji.user).post("/luckffle/me/rename/", {"nickname": "수지수지"})
        assert Phone(suji).get("/me").json()["nickname"] == "수지수지"
        assert Phone(suji).call("patch", "/me", {"nickname": "다시수지"}).json()["nickname"] == "다시수지"
        assert Phone(suji).call("patch", "/me", {"nickname": "운영자"}).status_code == 422


@pytest.mark.django_db
class TestOwnData:
    @pytest.fixture(autouse=True)
    def files(self, settings, tmp_path):
        settings.STORAGES = {
            **settings.STORAGES,
            "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
        }
        handlers.load()

    def test_becomes_a_private_file_in_the_background(self, suji, at):
        give(suji, 3, at)
        phone = Phone(suji)
        assert phone.get("/me/data").status_code == 404
        asked = phone.post("/me/data")
        assert (asked.status_code, asked.json()["state"]) == (201, "WAITING")
        assert phone.get("/me/data/file").status_code == 404
        effects.run_due(at=timezone.now())
        assert phone.get("/me/data").json()["state"] == "READY"
        file = phone.get("/me/data/file").json()
        assert (file["회원"]["별명"], file["회원"]["휴대전화"]) == ("수지", "+821000000001")
        assert [line["티켓"] for line in file["티켓 내역"]] == [3]
        assert {"문의", "미션 참여", "동의", "래플 응모", "기프티콘", "알림"} < set(file)
        page = browser(suji.user).get("/luckffle/me/data/file/")
        assert (page.headers["Content-Disposition"], json.loads(page.content)) == ('attachment; filename="luckffle-my-data.json"', file)
        assert Phone(MemberFactory()).get("/me/data/file").status_code == 404

    def test_is_made_once_a_day_and_once_at_a_time(self, suji, at):
        first = data_export.ask(member=suji, at=at)
        assert data_export.ask(member=suji, at=at + timedelta(minutes=1)) == first
        with transaction.atomic():
            data_export.record(export_id=first.pk, file=data_export.make(first, at=at), at=at)
        with pytest.raises(data_export.ExportJustAsked, match="11월 26일 12:00부터"):
            data_export.ask(member=suji, at=at + timedelta(hours=23))
        assert data_export.ask(member=suji, at=at + timedelta(hours=24)) != first

    def test_ends_after_its_time_and_its_file_goes(self, suji, at, django_capture_on_commit_callbacks):
        row = data_export.ask(member=suji, at=at)
        with transaction.atomic():
            data_export.record(export_id=row.pk, file=data_export.make(row, at=at), at=at)
        assert data_export.fetchable(suji, at=at + timedelta(days=7, microseconds=-1)) is not None
        assert data_export.fetchable(suji, at=at + timedelta(days=7)) is None
        name = DataExport.objects.get().file
        assert storages["private"].exists(name)
        with django_capture_on_commit_callbacks(execute=True):
            assert purge_data_exports(at) == 1
        assert not storages["private"].exists(name)


def test_the_file_of_ones_data_on_the_worst_day_is_one(transactional_db, suji, settings, tmp_path, at):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    handlers.load()
    row = data_export.ask(member=suji, at=at)
    run_doubled(at=at)
    assert (DataExport.objects.get().state, storages["private"].listdir("exports")[1]) == ("READY", [f"{row.public_id}.json"])


class TestFilesOfWhoLeft:
    """A file says everything, so it goes with the account, whenever it was being made."""

    @pytest.fixture(autouse=True)
    def files(self, transactional_db, settings, tmp_path):
        settings.STORAGES = {
            **settings.STORAGES,
            "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
        }
        handlers.load()
        return lambda: [path.name for path in tmp_path.rglob("*.json")]

    def test_usr_26_are_deleted_with_the_account(self, files, suji, at):
        data_export.ask(member=suji, at=at)
        effects.run_due(at=at)
        assert len(files()) == 1
        services.leave(member=suji, at=at + timedelta(days=1))
        assert (files(), DataExport.objects.count()) == ([], 0)

    def test_usr_26_are_not_made_any_more(self, files, suji, at):
        data_export.ask(member=suji, at=at)
        services.leave(member=suji, at=at)
        effects.run_due(at=at)
        assert (files(), Effect.objects.get(kind=data_export.EFFECT).state) == ([], "FAILED")

    def test_usr_26_go_again_when_the_member_left_while_it_was_being_made(self, files, suji, at, monkeypatch):
        make = data_export.make
        data_export.ask(member=suji, at=at)

        def slowly(export, *, at):
            name = make(export, at=at)
            services.leave(member=suji, at=at)
            make(export, at=at)  # written after they left
            return name

        monkeypatch.setattr(data_export, "make", slowly)
        effects.run_due(at=at)
        assert (files(), DataExport.objects.count()) == ([], 0)
        assert Effect.objects.get(kind=data_export.EFFECT).state == "DONE"

    def test_usr_26_go_when_a_worker_died_after_it_had_written(self, files, suji, at):
        data_export.make(data_export.ask(member=suji, at=at), at=at)
        services.leave(member=suji, at=at)
        data_export.make(DataExport(member=suji, public_id=UUID(Effect.objects.get(kind=data_export.EFFECT).key[12:])), at=at)
        effects.run_due(at=at)
        assert files() == []


@pytest.mark.django_db
class TestLeaving:
    def test_names_what_is_lost_and_asks_for_the_password(self, suji, at):
        with transaction.atomic():
            credits.open_wallet(member_id=suji.pk)
        give(suji, 7, at)
        phone = Phone(suji)
        assert phone.get("/me/leave").json() == {"tickets": 7, "coupons": 0, "entries": 0, "prizes": 0}
        wrong = phone.post("/me/leave", {"password": "not-the-passw0rd"})
        assert (wrong.status_code, wrong.json()["code"], Member.objects.get().is_active) == (422, "member.password_wrong", True)
        assert phone.post("/me/leave", {"password": PASSWORD}).status_code == 204
        assert (Member.objects.get().is_active, balances.member_tickets(suji.pk)) == (False, 0)
        assert phone.get("/me").json()["code"] == "member.inactive"

    def test_on_the_web_signs_out_and_says_goodbye(self, suji):
        client = browser(suji.user)
        assert "남은 티켓" in client.get("/luckffle/me/leave/").content.decode()
        assert client.post("/luckffle/me/leave/", {"password": PASSWORD}).status_code == 422
        assert client.post("/luckffle/me/leave/", {"password": PASSWORD, "sure": "on"}).headers["Location"] == "/luckffle/"
        assert client.get("/luckffle/me/").status_code == 302
        assert not Member.objects.get().is_active

    def test_tickets_that_are_left_expire_in_the_books(self, suji, at):
        give(suji, 7, at)
        services.leave(member=suji, at=at + timedelta(hours=1))
        assert balances.member_tickets(suji.pk) == 0


@pytest.mark.django_db
class TestNotices:
    def test_are_read_on_the_web_and_in_the_app(self, suji, at):
        for number in range(3):
            with transaction.atomic():
                notifications.notify(user=suji.user, kind="test", title=f"안내 {number}", body="안내예요.", key=f"n{number}", at=at)
        phone, client = Phone(suji), browser(suji.user)
        first = phone.get("/inbox?limit=2").json()
        rest = phone.get(f"/inbox?limit=2&cursor={first['next']}").json()
        assert [row["title"] for row in first["items"] + rest["items"]] == ["안내 2", "안내 1", "안내 0"]
        assert (first["unread"], "새 알림" in client.get("/luckffle/me/inbox/").content.decode()) == (3, True)
        client.post("/luckffle/me/inbox/")
        assert phone.get("/inbox").json()["unread"] == 0
        assert phone.post("/inbox/read").status_code == 204
        assert Phone(MemberFactory()).get("/inbox").json()["items"] == []
