"""The notices of a person: theirs alone, newest first, twenty on a page, with a cursor that never skips or repeats."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from advertisers import selectors
from identity import notifications
from tests.signing_in import browser


@pytest.fixture
def tell(minji_user, at):
    def run(number, user=minji_user, later=0):
        with transaction.atomic():
            return notifications.notify(
                user=user,
                kind="payments.paid",
                title=f"알림 {number}",
                body="충전이 끝났어요.",
                url="/my-page/credit/",
                key=f"notice:{number}",
                at=at + timedelta(minutes=later),
                channels=("in_app",),
            )

    return run


def titles(page):
    return [notice.title for notice in page.notices]


class TestNotices:
    def test_are_the_persons_own(self, tell, minji_user, eve_user):
        tell(1)
        tell(2, user=eve_user)
        assert titles(selectors.notices(user=minji_user)) == ["알림 1"]

    def test_of_nobody_are_an_empty_page(self, minji_user):
        assert selectors.notices(user=minji_user) == selectors.NoticePage(notices=(), newer="", older="")

    def test_fill_one_page_without_a_way_on(self, tell, minji_user):
        for number in range(selectors.PAGE):
            tell(number, later=number)
        page = selectors.notices(user=minji_user)
        assert titles(page) == [f"알림 {number}" for number in reversed(range(selectors.PAGE))]
        assert (page.newer, page.older) == ("", "")

    @pytest.mark.parametrize("spread", [1, 0], ids=["at different moments", "all at one moment"])
    def test_come_page_by_page_and_back_without_gap_or_double(self, tell, minji_user, spread):
        for number in range(45):
            tell(number, later=number * spread)
        first = selectors.notices(user=minji_user)
        second = selectors.notices(user=minji_user, cursor=first.older)
        third = selectors.notices(user=minji_user, cursor=second.older)
        newest_first = [f"알림 {number}" for number in reversed(range(45))]
        assert [*titles(first), *titles(second), *titles(third)] == newest_first
        assert (first.newer, third.older) == ("", "")
        back = selectors.notices(user=minji_user, cursor=third.newer)
        assert titles(back) == titles(second)
        assert titles(selectors.notices(user=minji_user, cursor=back.newer)) == titles(first)

    @pytest.mark.parametrize("cursor", ["after-", "after-1", "before-x", "later", f"after-{UUID(int=7)}", "-", "after-\x00"])
    def test_with_a_cursor_that_is_none_are_the_newest(self, tell, minji_user, cursor):
        tell(1)
        assert titles(selectors.notices(user=minji_user, cursor=cursor)) == ["알림 1"]

    def test_of_somebody_else_are_no_cursor(self, tell, minji_user, eve_user):
        tell(1)
        theirs = tell(2, user=eve_user)
        assert titles(selectors.notices(user=minji_user, cursor=f"after-{theirs.public_id}")) == ["알림 1"]


class TestThePage:
    def test_marks_one_read_and_goes_where_it_points(self, tell, minji_user):
        notice = tell(1)
        answer = browser(minji_user).post(f"/my-page/notifications/{notice.public_id}/read/")
        notice.refresh_from_db()
        assert (answer.status_code, answer.url, notice.read_at is not None) == (302, "/my-page/credit/", True)

    def test_does_not_know_the_notice_of_somebody_else(self, tell, minji_user, eve_user):
        notice = tell(1)
        answer = browser(eve_user).post(f"/my-page/notifications/{notice.public_id}/read/")
        notice.refresh_from_db()
        assert (answer.status_code, notice.read_at) == (404, None)

    def test_marks_all_of_ones_own_read(self, tell, minji_user, eve_user):
        mine, theirs = tell(1), tell(2, user=eve_user)
        answer = browser(minji_user).post("/my-page/notifications/read-all/")
        mine.refresh_from_db()
        theirs.refresh_from_db()
        assert (answer.url, mine.read_at is not None, theirs.read_at) == ("/my-page/notifications/", True, None)

    def test_reads_without_changing_anything(self, tell, minji_user):
        notice = tell(1)
        page = browser(minji_user).get("/my-page/notifications/").content.decode()
        notice.refresh_from_db()
        assert "알림 1" in page
        assert notice.read_at is None
