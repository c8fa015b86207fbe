"""The page on which a person chooses what reaches them, and when nothing rings."""

import re

import pytest

from identity.events import defined
from identity.models import NoticeChoice, QuietHours
from tests.signing_in import browser

PAGE = "/my-page/notifications/preferences/"


def boxes(user):
    """What is ticked, and what cannot be changed, by the name of each box."""
    page = browser(user).get(PAGE).text
    found = re.findall(r'name="on" value="([^"]+)"([^>]*)>', page)
    fixed = dict.fromkeys(re.findall('data-fixed="([^"]+)"', page), (True, True))
    return {name: ("checked" in rest, False) for name, rest in found} | fixed


class TestThePage:
    def test_shows_every_event_that_may_reach_the_person(self, minji_user, jisoo):
        reaches = {f"{event.kind}:{channel}" for event in defined().values() for channel in ("IN_APP", "MAIL", "SMS")}
        assert set(boxes(minji_user)) == reaches
        reporter = boxes(jisoo)
        assert "identity.password_reset:MAIL" in reporter
        assert "payments.paid:MAIL" not in reporter

    def test_says_what_cannot_be_switched_off_and_why(self, minji_user):
        assert boxes(minji_user)["payments.paid:MAIL"] == (True, True)
        assert defined()["payments.paid"].why in browser(minji_user).get(PAGE).text

    def test_saves_what_is_ticked_and_shows_it(self, minji_user):
        ticked = [name for name, (is_on, _) in boxes(minji_user).items() if is_on and name != "credits.low:MAIL"] + ["credits.low:SMS"]
        answer = browser(minji_user).post(PAGE, {"on": ticked, "hour_from": "22", "hour_until": "8"})
        assert answer.url == PAGE
        assert (boxes(minji_user)["credits.low:MAIL"], boxes(minji_user)["credits.low:SMS"]) == ((False, False), (True, False))
        assert sorted(NoticeChoice.objects.values_list("event", "channel", "is_on")) == [
            ("credits.low", "MAIL", False),
            ("credits.low", "SMS", True),
        ]

    def test_nothing_ticked_leaves_what_is_compulsory(self, minji_user):
        browser(minji_user).post(PAGE, {"hour_from": "22", "hour_until": "8"})
        left = {name for name, (is_on, _) in boxes(minji_user).items() if is_on}
        assert left == {f"{event.kind}:{channel}" for event in defined().values() for channel in event.compulsory}

    def test_takes_no_event_that_does_not_reach_the_person_and_no_nonsense(self, jisoo):
        nonsense = ["payments.paid:SMS", "nothing", "x:y", ":SMS", "identity.password_reset:FAX"]
        assert browser(jisoo).post(PAGE, {"on": nonsense, "is_quiet": "", "hour_from": "22", "hour_until": "8"}).status_code == 302
        assert not NoticeChoice.objects.filter(is_on=True).exists()

    def test_keeps_quiet_hours_until_they_are_switched_off(self, minji_user):
        browser(minji_user).post(PAGE, {"is_quiet": "on", "hour_from": "23", "hour_until": "7"})
        assert list(QuietHours.objects.values_list("user", "hour_from", "hour_until")) == [(minji_user.pk, 23, 7)]
        browser(minji_user).post(PAGE, {"hour_from": "23", "hour_until": "7"})
        assert not QuietHours.objects.exists()

    def test_an_answer_with_nothing_in_it_is_refused_beside_the_hours_and_changes_nothing(self, minji_user):
        answer = browser(minji_user).post(PAGE, {})
        assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, ["hour_from", "hour_until"])
        assert not NoticeChoice.objects.exists()

    @pytest.mark.parametrize("hours", [("8", "8"), ("24", "8"), ("-1", "8"), ("x", "8"), ("22", "8.5")])
    def test_refuses_hours_that_are_none_and_changes_nothing(self, minji_user, hours):
        answer = browser(minji_user).post(PAGE, {"is_quiet": "on", "hour_from": hours[0], "hour_until": hours[1]})
        assert answer.status_code == 422
        assert not QuietHours.objects.exists()
        assert not NoticeChoice.objects.exists()

    def test_asks_the_database_as_often_for_every_event(self, minji_user, django_assert_max_num_queries):
        client = browser(minji_user)
        client.get(PAGE)
        with django_assert_max_num_queries(12):
            client.get(PAGE)
