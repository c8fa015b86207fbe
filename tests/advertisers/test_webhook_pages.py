"""The pages of webhooks: who may, what is shown once, what is refused at its field, and what each press does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advertisers import webhooks
from advertisers.models import WebhookDelivery, WebhookEndpoint
from common.models import Effect
from identity.models import StepUpGrant
from tests.advertisers.receivers import ALL, endpoint, fresh, happens
from tests.signing_in import browser, step_up

PAGE = "/my-page/webhooks/"
URL = "http://127.0.0.1:9/receiver/shop"
ASKED = {"name": "주문 서버", "url": URL, "events": ["credits.low", "review.decided"]}


@pytest.fixture(autouse=True)
def trusted(settings):
    settings.WEBHOOK_TRUSTED_ORIGINS = ["http://127.0.0.1:9"]


@pytest.fixture
def told(minji, minji_user, at):
    return endpoint(minji, minji_user, URL, at=at).endpoint


def address(row, verb=""):
    return f"{PAGE}{row.public_id}/{verb}"


def proved(user):
    return step_up(browser(user), user, StepUpGrant.Purpose.API_KEY)


class TestAdding:
    def test_asks_again_who_it_is(self, minji, minji_user):
        answer = browser(minji_user).post(f"{PAGE}create/", ASKED)
        assert "/step-up/api-key/" in answer.headers["Location"]
        assert WebhookEndpoint.objects.count() == 0

    def test_shows_the_secret_once(self, minji, minji_user):
        client = proved(minji_user)
        answer = client.post(f"{PAGE}create/", ASKED)
        secret, row = answer.context["secret"], WebhookEndpoint.objects.get()
        assert (answer.status_code, answer.text.count(secret), secret.startswith("whsec_")) == (201, 2, True)
        assert secret not in client.get(address(row)).text
        assert (row.name, row.url, row.events, row.is_on) == ("주문 서버", URL, ["credits.low", "review.decided"], True)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "가" * 41}, "name"),
            ({"events": []}, "events"),
            ({"events": ["everything"]}, "events"),
            ({"url": ""}, "url"),
            ({"url": "http://shop.example.com/"}, "url"),
            ({"url": "https://127.0.0.1/"}, "url"),
            ({"url": "https://[::1]/"}, "url"),
            ({"url": "https://10.0.0.1.nip.io/"}, "url"),
            ({"url": "https://localhost/"}, "url"),
            ({"url": "https://me:secret@shop.example.com/"}, "url"),
            ({"url": "https://shop.example.com:8443/"}, "url"),
            ({"url": "http://127.0.0.1:9.example.com/"}, "url"),
            ({"url": "http://127.0.0.1:90/"}, "url"),
        ],
    )
    def test_refuses_at_the_field_and_writes_nothing(self, minji, minji_user, change, field):
        answer = proved(minji_user).post(f"{PAGE}create/", ASKED | change)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
        assert WebhookEndpoint.objects.count() == 0

    def test_of_a_name_that_leads_inside_is_refused_at_its_field(self, minji, minji_user, monkeypatch):
        monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", ("10.0.0.1", 443))])
        answer = proved(minji_user).post(f"{PAGE}create/", ASKED | {"url": "https://inside.example.com/"})
        assert (answer.status_code, "인터넷에 공개된 서버가 아니에요" in answer.text) == (422, True)
        assert WebhookEndpoint.objects.count() == 0

    def test_ends_at_five(self, minji, minji_user, at):
        for _ in range(5):
            endpoint(minji, minji_user, URL, at=at)
        answer = proved(minji_user).post(f"{PAGE}create/", ASKED)
        assert (answer.status_code, "5개까지" in answer.text, WebhookEndpoint.objects.count()) == (422, True, 5)

    def test_is_not_for_roles_that_only_look_or_pay(self, minji, jisoo, dohyun, told):
        for person in (jisoo, dohyun):
            assert browser(person).get(PAGE).status_code == 403
            assert browser(person).get(address(told)).status_code == 403
            assert proved(person).post(f"{PAGE}create/", ASKED).status_code == 403
        assert WebhookEndpoint.objects.count() == 1


class TestAnotherTeam:
    @pytest.mark.parametrize("verb", ["", "rotate/", "try/", "switch-on/", "switch-off/", "remove/"])
    def test_finds_nothing_there(self, told, eve_user, verb):
        before = WebhookEndpoint.objects.values().get()
        assert proved(eve_user).post(address(told, verb), ASKED).status_code == 404
        assert browser(eve_user).get(address(told)).status_code == 404
        assert WebhookEndpoint.objects.values().get() == before

    @pytest.mark.parametrize("verb", ["replay", "skip"])
    def test_neither_repeats_nor_skips_an_event(self, told, minji, eve_user, at, verb):
        happens(minji, "low:1", at=at)
        delivery = WebhookDelivery.objects.get()
        assert browser(eve_user).post(f"{PAGE}deliveries/{delivery.public_id}/{verb}/").status_code == 404
        assert (WebhookDelivery.objects.get().state, Effect.objects.count()) == ("WAITING", 1)


class TestTheReceiversPage:
    def test_changes_name_address_and_events(self, told, minji_user, at):
        answer = browser(minji_user).post(address(told), ASKED | {"name": "새 서버", "url": f"{URL}/2"})
        row = fresh(told)
        assert (answer.status_code, row.name, row.url, row.events) == (302, "새 서버", f"{URL}/2", sorted(ASKED["events"]))
        assert row.events_since == at  # nothing was chosen anew

    def test_keeps_what_was_typed_when_it_is_refused(self, told, minji_user):
        answer = browser(minji_user).post(address(told), ASKED | {"url": "http://shop.example.com/typed"})
        assert (answer.status_code, "http://shop.example.com/typed" in answer.text, fresh(told).url) == (422, True, URL)

    def test_int_03_tells_what_was_sent_and_offers_to_send_it_again(self, told, minji, minji_user, at):
        happens(minji, "low:1", at=at)
        delivery = WebhookDelivery.objects.get()
        client = browser(minji_user)
        page = client.get(address(told)).text
        assert str(delivery.event.public_id) in page
        assert "지금 보내기" in page
        assert client.post(f"{PAGE}deliveries/{delivery.public_id}/skip/").status_code == 302
        assert client.post(f"{PAGE}deliveries/{delivery.public_id}/replay/").status_code == 302
        assert WebhookDelivery.objects.get().state == "WAITING"
        assert "다시 보내요" in client.get(address(told)).text

    def test_off_and_on_again_by_a_press_each(self, told, minji_user):
        client = browser(minji_user)
        client.post(address(told, "switch-off/"))
        assert (fresh(told).is_on, fresh(told).why_off) == (False, "OWNER")
        assert "직접 껐어요" in client.get(address(told)).text
        client.post(address(told, "switch-on/"), {"backlog": "send"})
        assert (fresh(told).is_on, fresh(told).why_off) == (True, "")

    def test_a_test_event_goes_into_the_queue(self, told, minji_user):
        browser(minji_user).post(address(told, "try/"))
        delivery = WebhookDelivery.objects.get()
        assert (delivery.event.type, delivery.event.data) == ("webhook.test", {"endpoint": str(told.public_id)})

    def test_int_07_a_new_secret_asks_again_who_it_is_and_says_how_long_both_sign(self, told, minji_user):
        assert "/step-up/api-key/" in browser(minji_user).post(address(told, "rotate/")).headers["Location"]
        answer = proved(minji_user).post(address(told, "rotate/"), {"sure": "yes"})
        assert (answer.status_code, "까지 함께 서명해요" in answer.text) == (201, True)

    def test_removed_is_gone_and_what_waited_is_passed_over(self, told, minji, minji_user, at):
        happens(minji, "low:1", at=at)
        assert browser(minji_user).post(address(told, "remove/")).status_code == 302
        assert browser(minji_user).get(address(told)).status_code == 404
        assert (fresh(told).removed_at is None, WebhookDelivery.objects.get().state) == (False, "SKIPPED")
        with pytest.raises(webhooks.EndpointGone):
            webhooks.try_out(endpoint=told, at=at)

    def test_pages_through_its_events_with_the_same_number_of_queries(self, told, minji, minji_user, at):
        client = browser(minji_user)
        client.get(PAGE)  # the session's first page costs more
        counts = []
        for upto in (1, 25):
            for number in range(WebhookDelivery.objects.count(), upto):
                happens(minji, f"low:{number}", at=at)
            with CaptureQueriesContext(connection) as asked:
                page = client.get(address(told))
            counts.append(len(asked))
        assert counts[0] == counts[1]
        older = client.get(address(told), {"cursor": page.context["older"]})
        assert [one.row.number for one in older.context["deliveries"]] == [5, 4, 3, 2, 1]
        assert client.get(address(told), {"cursor": "nonsense"}).status_code == 404

    def test_the_list_says_how_many_wait(self, told, minji, minji_user, at):
        happens(minji, "low:1", at=at)
        assert "기다리는 이벤트 1건" in browser(minji_user).get(PAGE).text

    def test_every_event_may_be_chosen(self, minji, minji_user):
        page = browser(minji_user).get(PAGE).text
        assert all(f'value="{key}"' in page for key in ALL)
