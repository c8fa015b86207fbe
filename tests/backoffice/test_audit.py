"""Who changed what and why, and the monthly look through who looked at whom."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from advertisers.models import Membership
from backoffice import access_review, history, rights
from backoffice.access_review import AlreadyReviewed, MonthNotOver, NoteMissing, ReviewerIsOwner
from backoffice.history import Wanted
from common.history import acting
from common.kst import SEOUL
from identity import access_log
from identity.models import AccessLog, AccessReview
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, count_queries, press, said

MONTH = date(2026, 11, 1)
NOON, NIGHT = datetime(2026, 11, 25, 12, tzinfo=SEOUL), datetime(2026, 11, 25, 23, tzinfo=SEOUL)
AFTER = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def changed(minji, minji_user):
    """Minji's role went from owner to reporter by an operator's hand."""
    operator = hire("sori", rights.ADMIN)
    with acting(by_id=operator.pk, reason="본인이 요청했어요"):
        Membership.objects.get(user=minji_user)
        row = Membership.objects.get(user=minji_user)
        row.role = Membership.Role.REPORTER
        row.save()
    return row


class TestChanges:
    def test_stand_with_before_and_after_and_who_and_why(self, desk, changed):
        (line,) = history.find(Wanted(words="본인이 요청"))
        assert (line.who, line.reason, line.is_new) == ("sori 담당", "본인이 요청했어요", False)
        assert [change[1:] for change in line.changed] == [(Membership.Role.OWNER.label, Membership.Role.REPORTER.label)]
        page = desk(rights.ADMIN).get(at("history") + "?q=본인이")
        assert "sori 담당" in page.text
        assert Membership.Role.REPORTER.label in page.text

    def test_are_found_by_person_table_day_and_number(self, changed):
        label = "advertisers.membership"
        assert [line.number for line in history.find(Wanted(words="sori"))][:1] == [changed.pk]
        assert {line.table for line in history.find(Wanted(table=label))} == {Membership._meta.verbose_name}
        today = timezone.localdate()
        assert history.find(Wanted(words="본인이", first_on=today + timedelta(days=1))) == []
        assert len(history.find(Wanted(words="본인이", first_on=today - timedelta(days=1), last_on=today + timedelta(days=1)))) == 1
        assert changed.pk in {line.number for line in history.find(Wanted(words=str(changed.pk), table=label))}
        assert history.find(Wanted(words="없는 말이에요")) == []

    def test_cannot_smuggle_markup(self, desk, changed):
        with acting(by_id=None, reason="<script>alert(1)</script>"):
            changed.role = Membership.Role.MANAGER
            changed.save()
        text = desk(rights.ADMIN).get(at("history")).text
        assert "<script>alert(1)" not in text
        assert "&lt;script&gt;alert(1)" in text

    def test_survive_whatever_the_address_says(self, desk, changed):
        client = desk(rights.ADMIN)
        for query in (
            "first=x",
            "last=2026-99-99",
            "first=0001-01-01",
            "last=9999-12-31",
            "until=now",
            "until=2026-01-01T00:00",
            "table=nothing.there",
            "q=%00%27",
        ):
            assert client.get(f"{at('history')}?{query}").status_code == 200

    def test_go_on_where_the_page_ended(self, changed, monkeypatch):
        monkeypatch.setattr(history, "PER_PAGE", 2)
        first = history.find(Wanted())
        second = history.find(Wanted(until=first[-1].at))
        assert len(first) == 2
        assert all(line.at < first[-1].at for line in second)

    def test_ask_no_more_for_more_rows(self, desk, changed):
        client = desk(rights.ADMIN)
        before = count_queries(client, at("history"))
        for number in range(5):
            with acting(by_id=None, reason=f"다시 {number}"):
                changed.role = Membership.Role.MANAGER if number % 2 else Membership.Role.FINANCE
                changed.save()
        assert count_queries(client, at("history")) <= before + 1

    def test_of_a_press_carry_the_operator_and_the_reason(self, minji):
        finance = hire("dami", rights.FINANCE)
        minji.restricted_reason, minji.restricted_at = "확인이 필요해요", timezone.now()
        minji.save()
        press(enter(finance), at("advertisers_advertiser_lift_restriction", minji.pk), reason="모두 갚았어요")
        (line,) = history.find(Wanted(words="모두 갚았어요"))
        assert line.who == "dami 담당"

    @pytest.mark.parametrize("role", [rights.FINANCE, rights.REVIEWER, rights.SUPPORT, rights.CONTENT])
    def test_are_for_admins(self, desk, role):
        client = desk(role)
        assert client.get(at("history")).status_code == 403
        assert client.get(at("access-review")).status_code == 403


class TestALineOfTheLog:
    def test_says_from_where_and_at_which_door(self, suji):
        client = enter(hire("boram", rights.SUPPORT))
        press(client, at("rewards_member_show_contact", suji.pk), reason="본인이 문의했어요")
        line = AccessLog.objects.get(action="contact.viewed")
        assert (line.address, line.door, line.reason) == (
            "127.0.0.1", "backoffice:rewards_member_show_contact", "본인이 문의했어요",
        )  # fmt: skip

    def test_knows_no_place_outside_of_requests(self, db):
        line = access_log.note(actor=None, action="login.failed", at=NOON)
        assert (line.address, line.door) == (None, "")

    def test_forgets_the_place_with_the_request(self, desk):
        desk(rights.ADMIN).get(at("history"))
        assert access_log.note(actor=None, action="x.y", at=NOON).door == ""


def looked(who, whom, at):
    access_log.note(actor=who, action="contact.viewed", subject=f"user:{whom.public_id}", at=at)


class TestTheMonth:
    @pytest.fixture
    def looks(self, minji_user):
        odd, fine = hire("kim", rights.SUPPORT), hire("lee", rights.SUPPORT)
        odd.name, fine.name = "김보람", "이보람"
        odd.save(), fine.save()
        looked(odd, minji_user, NIGHT)
        looked(fine, minji_user, NOON)
        access_log.note(actor=fine, action="list.exported", subject="list:rewards.member:3", at=NOON)
        looked(fine, minji_user, datetime(2026, 12, 1, 12, tzinfo=SEOUL))
        access_log.note(actor=minji_user, action="attachment.viewed", at=NIGHT)
        return odd, fine

    def test_names_odd_hours_volume_and_family_names(self, looks, monkeypatch):
        first, second = access_review.report(MONTH)
        assert (first.person, first.looks, first.odd_hours, first.same_family, first.is_odd) == (looks[0], 1, 1, 1, True)
        assert (second.person, second.looks, second.takes, second.odd_hours, second.same_family, second.is_odd) == (
            looks[1], 1, 1, 0, 0, False,
        )  # fmt: skip
        monkeypatch.setattr(access_review, "MANY_A_DAY", 1)
        assert all(line.is_odd for line in access_review.report(MONTH) if line.most_a_day > 1)
        assert second.most_a_day == 2

    def test_counts_what_was_seen_as_an_advertiser(self, looks):
        access_log.note(actor=looks[1], action="account.visited", subject="advertiser:x", at=NIGHT)
        line = next(line for line in access_review.report(MONTH) if line.person == looks[1])
        assert (line.looks, line.odd_hours, line.is_odd) == (2, 1, True)

    def test_is_reviewed_once_when_it_is_over(self, looks):
        admin = hire("admin", rights.ADMIN)
        with pytest.raises(MonthNotOver):
            access_review.review(month=MONTH, note="모두 확인했어요", by=admin, at=NOON)
        with pytest.raises(NoteMissing):
            access_review.review(month=MONTH, note=" ", by=admin, at=AFTER)
        row = access_review.review(month=MONTH, note="모두 확인했어요", by=admin, at=AFTER)
        assert (row.found["looks"], row.found["takes"], row.found["odd"]) == (2, 1, [str(looks[0].public_id)])
        with pytest.raises(AlreadyReviewed):
            access_review.review(month=MONTH, note="저도 확인했어요", by=admin, at=AFTER)
        assert access_review.overdue(at=AFTER) is None

    def test_is_not_reviewed_by_the_systems_owner(self, looks):
        owner = hire("root", rights.ADMIN)
        owner.is_superuser = True
        with pytest.raises(ReviewerIsOwner):
            access_review.review(month=MONTH, note="모두 확인했어요", by=owner, at=AFTER)
        assert AccessReview.objects.count() == 0
        assert access_review.overdue(at=AFTER) == MONTH

    def test_is_reviewed_at_its_page(self, desk, db):
        client = desk(rights.ADMIN)
        last = access_review.months(at=timezone.now())[0]
        assert "아직 점검하지 않았어요" in client.get("/backoffice/").text
        page = client.post(at("access-review-confirm", last.isoformat()), {"note": "이상 없어요"}, follow=True)
        assert "점검을 기록했어요" in said(page)
        assert "이상 없어요" in page.text
        assert "아직 점검하지 않았어요" not in client.get("/backoffice/").text
        assert client.get(at("access-review") + "?month=2001-01-01").status_code == 404
        for never in ("soon", "9999-12-01"):
            assert client.post(at("access-review-confirm", never)).status_code == 404

    def test_that_was_reviewed_stays(self, looks):
        row = access_review.review(month=MONTH, note="모두 확인했어요", by=hire("admin", rights.ADMIN), at=AFTER)
        row.note = "다시"
        with pytest.raises(Exception, match="rows of identity_accessreview are history"), transaction.atomic():
            row.save()
