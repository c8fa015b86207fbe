"""Showing again who one is: which proof is worth what, where, for how long; and the form that waits meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from identity import browsers, parked, step_up
from identity.models import AccessLog, Notification, StepUpGrant, User
from identity.step_up import Purpose, StepUpMissing
from tests.factories import PASSWORD
from tests.signing_in import browser, code_of, cookie_of, give_second_factor

REFUND, DEVICES = "/accounts/step-up/refund/", "/accounts/sessions/"
COOKIE = cookie_of("advertiser")
PHONE = "01012345678"


@pytest.fixture
def owner(minji_user):
    User.objects.filter(pk=minji_user.pk).update(phone="+821012345678")
    minji_user.refresh_from_db()
    return minji_user


def granted(user):
    return [(row.purpose, row.method) for row in StepUpGrant.objects.filter(user=user)]


class TestThePage:
    def test_s_23_gives_a_grant_for_a_code_by_sms(self, owner, outside):
        client = browser(owner)
        page = client.get(REFUND).content.decode()
        assert "010-****-5678" in page
        assert PHONE not in page.replace("-", "")
        assert client.post(REFUND, {"action": "send"}).status_code == 302
        outside.works()
        assert "인증번호를 보냈어요" in client.get(REFUND).content.decode()
        response = client.post(f"{REFUND}?next=/my-page/", {"action": "code", "code": outside.digits(PHONE)})
        assert (response.status_code, response.headers["Location"]) == (302, "/my-page/")
        assert granted(owner) == [("refund", "SMS")]
        assert AccessLog.objects.filter(actor=owner, action="step_up.granted").count() == 1

    def test_s_23_gives_a_grant_for_the_authenticator_app(self, owner):
        secret = give_second_factor(owner)
        client = browser(owner)
        assert client.post(REFUND, {"action": "app", "code": "000000"}).status_code == 422
        assert granted(owner) == []
        assert client.post(REFUND, {"action": "app", "code": code_of(secret)}).status_code == 302
        assert granted(owner) == [("refund", "SECOND_FACTOR")]

    def test_leaves_the_device_in_the_list_where_it_can_be_signed_out(self, owner, outside):
        client = Client()
        client.post("/accounts/login/", {"login": owner.username, "password": PASSWORD})
        before = [(device["since"], device["is_this"]) for device in client.get(DEVICES).context["devices"]]
        key = client.cookies[COOKIE].value
        client.post(REFUND, {"action": "send"})
        outside.works()
        client.post(REFUND, {"action": "code", "code": outside.digits(PHONE)})
        assert client.cookies[COOKIE].value != key
        assert [(device["since"], device["is_this"]) for device in client.get(DEVICES).context["devices"]] == before
        assert [is_this for _, is_this in before] == [True]

    def test_refuses_a_wrong_code_beside_the_field(self, owner, outside):
        client = browser(owner)
        client.post(REFUND, {"action": "send"})
        outside.works()
        digits = outside.digits(PHONE)
        response = client.post(REFUND, {"action": "code", "code": f"{(int(digits) + 1) % 1_000_000:06d}"})
        assert response.status_code == 422
        assert "인증번호가 맞지 않아요. 4번 더 적을 수 있어요." in response.content.decode()
        assert granted(owner) == []

    def test_takes_no_code_of_another_purpose_or_browser(self, owner, outside):
        one, other = browser(owner), browser(owner)
        one.post(REFUND, {"action": "send"})
        outside.works()
        assert other.post(REFUND, {"action": "code", "code": outside.digits(PHONE)}).status_code == 422
        assert granted(owner) == []

    def test_adv_04_says_when_no_message_can_be_sent(self, owner, outside):
        client = browser(owner)
        client.post(REFUND, {"action": "send"})
        outside.fault(service="solapi", kind="error", status=400, count=None)
        outside.works()
        assert "지금 문자를 보내지 못하고 있어요" in client.get(REFUND).content.decode()

    def test_says_when_a_code_was_asked_for_too_soon(self, owner, outside):
        client = browser(owner)
        client.post(REFUND, {"action": "send"})
        response = client.post(REFUND, {"action": "send"})
        assert response.status_code == 422
        assert "인증번호를 방금 보냈어요" in response.content.decode()

    @pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
    def test_never_sends_people_to_another_house(self, owner, target):
        secret = give_second_factor(owner)
        response = browser(owner).post(f"{REFUND}?next={target}", {"action": "app", "code": code_of(secret)})
        assert response.headers["Location"] == "/dashboard/"

    def test_knows_no_other_purpose(self, owner):
        assert browser(owner).get("/accounts/step-up/anything/").status_code == 404

    def test_is_for_signed_in_people(self, client, db):
        assert client.get(REFUND).headers["Location"].startswith("/accounts/login/")


class TestAGrant:
    def give(self, user, at, **changes):
        return step_up.grant(**{"user": user, "purpose": Purpose.REFUND, "method": step_up.Method.SMS, "browser": "b", "at": at, **changes})

    def is_good(self, user, at, **changes):
        return step_up.is_granted(**{"user": user, "purpose": Purpose.REFUND, "browser": "b", "at": at, **changes})

    def test_is_good_for_ten_minutes(self, owner, at):
        self.give(owner, at)
        assert self.is_good(owner, at + timedelta(minutes=9, seconds=59))
        assert not self.is_good(owner, at + timedelta(minutes=10))

    def test_is_worth_nothing_for_another_purpose_person_or_browser(self, owner, eve_user, at):
        self.give(owner, at)
        assert not self.is_good(owner, at, purpose=Purpose.API_KEY)
        assert not self.is_good(eve_user, at)
        assert not self.is_good(owner, at, browser="c")

    def test_is_never_given_to_a_browser_without_a_secret(self, owner, at):
        self.give(owner, at, browser="")
        assert not self.is_good(owner, at, browser="")

    def test_missing_is_a_refusal_for_json_doors(self, owner, at):
        with pytest.raises(StepUpMissing) as refusal:
            step_up.require(user=owner, purpose=Purpose.API_KEY, browser="b", at=at)
        assert (refusal.value.http_status, refusal.value.context) == (403, {"purpose": "api-key"})


@step_up.required(Purpose.REFUND)
def guarded(request):
    return HttpResponse("taken")


def request_of(user, client, method="post", data=None, **headers):
    """A request as the middleware hands it on."""
    request = getattr(RequestFactory(), method)("/my-page/refunds/?a=1", data or {}, headers=headers)
    request.user, request.session, request.portal = user, client.session, "advertiser"
    request.urlconf = "config.urls.advertiser"
    return request


class TestAGuardedForm:
    @pytest.fixture
    def session(self, owner, client):
        client.force_login(owner)
        return client

    def test_is_shown_without_a_grant(self, owner, session):
        assert guarded(request_of(owner, session, "get")).content == b"taken"

    def test_is_kept_while_the_person_shows_who_they_are(self, owner, session):
        request = request_of(owner, session, data={"credits": "5,000", "postcode": "04524", "password": "secret", "code": "1"})
        response = guarded(request)
        assert response.headers["Location"] == f"{REFUND}?next=%2Faccounts%2Fkept-form%2F"
        kept = parked.of(request, at=timezone.now())
        assert kept == parked.Parked("/my-page/refunds/?a=1", (("credits", "5,000"), ("postcode", "04524")))

    def test_is_taken_with_a_grant_and_forgotten(self, owner, session):
        request = request_of(owner, session, data={"credits": "5,000"})
        guarded(request)
        step_up.grant(user=owner, purpose=Purpose.REFUND, method=step_up.Method.SMS, browser=browsers.marked(request), at=timezone.now())
        assert guarded(request).content == b"taken"
        assert parked.of(request, at=timezone.now()) is None

    def test_is_asked_for_by_a_redirect_that_htmx_follows(self, owner, session):
        response = guarded(request_of(owner, session, data={"credits": "1"}, **{"HX-Request": "true"}))
        assert (response.status_code, response.headers["HX-Redirect"][: len(REFUND)]) == (204, REFUND)


class TestAFormWhoseSessionEnded:
    """ADV-09 in general: whatever form it was, it is still there after signing in again."""

    def late(self, client, path, data):
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            return client.post(path, data, follow=True)

    def test_survives_signing_in_again(self, owner):
        client = browser(owner)
        client.get("/dashboard/")
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            response = client.post("/my-page/notifications/read-all/", {"note": "적은 내용", "again": ["1", "2"]}, follow=True)
            assert response.redirect_chain[0][0] == "/accounts/login/?next=/accounts/kept-form/"
            response = client.post(
                "/accounts/login/", {"login": "minji", "password": PASSWORD, "next": "/accounts/kept-form/"}, follow=True
            )
        page = response.content.decode()
        assert "적어 둔 내용이 그대로 있어요" in page
        assert 'action="/my-page/notifications/read-all/"' in page
        assert [
            page.count(f'name="{name}" value="{value}"') for name, value in (("note", "적은 내용"), ("again", "1"), ("again", "2"))
        ] == [1] * 3
        assert "csrfmiddlewaretoken" in page

    def test_is_never_shown_to_somebody_else(self, owner, eve_user):
        client = browser(owner)
        client.get("/dashboard/")
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            client.post("/my-page/notifications/read-all/", {"note": "적은 내용"})
            response = client.post("/accounts/login/", {"login": "eve", "password": PASSWORD, "next": "/accounts/kept-form/"}, follow=True)
        assert "적은 내용" not in response.content.decode()
        assert response.redirect_chain[-1][0] == "/dashboard/"

    def test_is_forgotten_when_the_person_gives_it_up_and_after_half_an_hour(self, owner):
        client = browser(owner)
        client.get("/dashboard/")
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            client.post("/my-page/notifications/read-all/", {"note": "적은 내용"})
            client.post("/accounts/login/", {"login": "minji", "password": PASSWORD})
            assert client.get("/accounts/kept-form/").status_code == 200
        with time_machine.travel(timezone.now() + timedelta(minutes=92)):
            assert client.get("/accounts/kept-form/").status_code == 302
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            client.post("/accounts/kept-form/")
            assert client.get("/accounts/kept-form/").status_code == 302

    def test_changes_nothing_by_itself(self, owner):
        client = browser(owner)
        client.get("/dashboard/")
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            client.post("/my-page/notifications/read-all/", {"note": "x"})
        assert Notification.objects.filter(read_at__isnull=False).count() == 0

    def test_of_the_back_office_is_not_kept(self, operator):
        client = browser(operator)
        client.get("/backoffice/")
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            response = client.post("/backoffice/policies/", {"note": "적은 내용"})
        assert "kept-form" not in response.headers["Location"]
