"""The desk for the papers of businesses: who may look, what is shown, what is written down, and the three decisions."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from advertisers import papers
from advertisers.models import BusinessCheck, BusinessPaper
from backoffice import rights
from identity.models import AccessLog, Notification
from tests.advertisers.applicants import file_of, picture
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, count_queries, said

State = BusinessPaper.State


pytestmark = pytest.mark.usefixtures("storage_of_its_own")


def hand_in(advertiser, user):
    with transaction.atomic():
        return papers.attach(business=advertiser.business, stored=papers.store(file_of(picture())), by=user, at=timezone.now())


@pytest.fixture
def paper(minji, minji_user):
    return hand_in(minji, minji_user)


@pytest.fixture
def reviewer():
    return enter(hire("boram", rights.REVIEWER))


class TestTheList:
    def test_shows_what_waits_and_counts_it_in_the_sidebar(self, reviewer, paper):
        page = reviewer.get(at("paper-list"))
        assert page.status_code == 200
        assert paper.business.company_name in page.text
        assert at("paper-detail", paper.public_id) in page.text
        assert "사업자 서류" in reviewer.get("/backoffice/").text

    def test_asks_as_many_questions_for_one_row_as_for_many(self, reviewer, paper, eve, eve_user):
        one = count_queries(reviewer, at("paper-list"))
        hand_in(eve, eve_user)
        assert count_queries(reviewer, at("paper-list")) == one


class TestLooking:
    def test_shows_the_paper_as_a_picture_and_writes_down_every_look(self, reviewer, paper):
        page = reviewer.get(at("paper-detail", paper.public_id))
        picture_address = at("paper-page", paper.public_id, 1)
        assert picture_address in page.text
        shown = reviewer.get(picture_address)
        assert (shown.headers["Content-Type"], shown.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
        assert "no-store" in shown.headers["Cache-Control"]
        looks = AccessLog.objects.filter(action="paper.viewed", subject=f"paper:{paper.public_id}")
        assert [look.actor.username for look in looks] == ["boram", "boram"]

    def test_hands_out_the_file_to_be_kept_and_never_to_be_opened(self, reviewer, paper):
        kept = reviewer.get(at("paper-file", paper.public_id))
        assert kept.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in kept.headers["Content-Security-Policy"]
        assert AccessLog.objects.filter(action="paper.viewed").count() == 1

    def test_finds_no_page_that_is_not_there(self, reviewer, paper):
        assert reviewer.get(at("paper-page", paper.public_id, 2)).status_code == 404
        assert not AccessLog.objects.filter(action="paper.viewed").exists()

    @pytest.mark.parametrize("role", [rights.FINANCE, rights.SUPPORT, rights.CONTENT])
    def test_is_for_those_with_the_right_only(self, desk, paper, role):
        client = desk(role)
        doors = [at("paper-detail", paper.public_id), at("paper-page", paper.public_id, 1), at("paper-file", paper.public_id)]
        assert [client.get(door).status_code for door in doors] == [403, 403, 403]
        assert client.post(at("paper-approve", paper.public_id)).status_code == 403
        paper.refresh_from_db()
        assert (paper.state, AccessLog.objects.filter(action="paper.viewed").exists()) == (State.WAITING, False)

    def test_warns_when_the_tax_office_knows_another_name(self, reviewer, paper):
        paper.business.identity_state = "DIFFERS"
        paper.business.save(update_fields=["identity_state"])
        BusinessCheck.objects.create(
            registration_number=paper.business.registration_number, question="IDENTITY", state="DIFFERS", checked_at=timezone.now()
        )
        page = reviewer.get(at("paper-detail", paper.public_id)).text
        assert "국세청에 등록된 개업일이나 대표자와 달라요" in page
        assert "진위 · 다름" in page


class TestDeciding:
    def test_accepts_until_a_day_and_tells_the_advertiser(self, reviewer, paper, minji_user):
        page = reviewer.post(at("paper-approve", paper.public_id), {"expires_on": "2099-01-31"}, follow=True)
        assert "서류를 확인했어요" in said(page)
        paper.refresh_from_db()
        assert (paper.state, str(paper.expires_on), paper.decided_by.username) == (State.APPROVED, "2099-01-31", "boram")
        assert Notification.objects.get(kind="advertisers.paper_decided").user == minji_user
        assert LogEntry.objects.get(object_id=str(paper.pk)).change_message == "확인 완료"

    @pytest.mark.parametrize("day", ["어제", "2020-01-31", "2026-13-01"])
    def test_refuses_a_last_day_that_is_none_or_over(self, reviewer, paper, day):
        page = reviewer.post(at("paper-approve", paper.public_id), {"expires_on": day})
        assert page.status_code == 422
        assert "날짜" in page.text
        paper.refresh_from_db()
        assert paper.state == State.WAITING

    @pytest.mark.parametrize(("door", "state"), [("paper-ask-again", "ASKED"), ("paper-refuse", "REFUSED")])
    def test_sends_back_with_a_reason_and_never_without(self, reviewer, paper, door, state):
        assert reviewer.post(at(door, paper.public_id), {"reason": " "}).status_code == 422
        paper.refresh_from_db()
        assert (paper.state, Notification.objects.filter(kind="advertisers.paper_decided").exists()) == (State.WAITING, False)
        reviewer.post(at(door, paper.public_id), {"reason": "글자가 흐려요"})
        paper.refresh_from_db()
        assert (paper.state, paper.reason, paper.business.papers_state) == (state, "글자가 흐려요", state)
        assert Notification.objects.get(kind="advertisers.paper_decided").body == "글자가 흐려요"

    def test_happens_once_and_the_second_sees_who_was_first(self, reviewer, paper):
        second = enter(hire("chanho", rights.REVIEWER))
        reviewer.post(at("paper-approve", paper.public_id))
        page = second.post(at("paper-refuse", paper.public_id), {"reason": "늦었어요"}, follow=True)
        assert "이미 확인이 끝났거나" in said(page)
        assert "boram 담당" in page.text
        paper.refresh_from_db()
        assert paper.state == State.APPROVED

    def test_by_looking_changes_nothing(self, reviewer, paper):
        for door in ("paper-approve", "paper-ask-again", "paper-refuse"):
            assert reviewer.get(at(door, paper.public_id)).status_code == 405
        paper.refresh_from_db()
        assert paper.state == State.WAITING
