"""The first page: every number leads to exactly its rows, promises run on the business clock, machines say how they are."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from backoffice import clocks, health, navigation, rights, selectors
from backoffice.words import WORDS
from common import jobs
from common.models import Effect, JobRun
from identity import approvals, notifications
from identity.models import AccessLog
from inquiries import services as inquiries
from inquiries.schemas import InquiryIn
from payments.models import PaymentOrder
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at, count_queries, said


def effect(key, **facts):
    now = timezone.now()
    return Effect.objects.create(**{"kind": "identity.mail", "key": key, "due_at": now, "created_at": now, **facts})


def ask(who, advertiser=None, key="form"):
    question = InquiryIn(topic="OTHER", title="궁금해요", text="언제 되나요?")
    return inquiries.ask(asker=who, advertiser=advertiser, question=question, key=key, at=timezone.now())


@pytest.fixture
def house(db, minji, minji_user, suji):
    """Work that waits, beside as much that does not."""
    maker = hire("maker", rights.FINANCE)
    now = timezone.now()
    effect("stuck", state=Effect.State.PARKED)
    effect("fine")
    ask(suji.user)
    ask(minji_user, minji, "one")
    closed = ask(minji_user, minji, "two")
    inquiries.close(inquiry=closed, by=maker, at=now)
    with transaction.atomic():
        for number in range(2):
            row = approvals.ask(kind="credits.manual_credit", subject="x", summary="셋", data={}, by=maker, key=f"key:{number}", at=now)
        approvals.expire(request_id=row.pk, at=now, reason="없어졌어요")
        notifications.alert_operators(kind="payments.difference", title="차이", body="확인해 주세요", key="alert", at=now)
    return now


def rows_of(page):
    """How many rows a list says it has."""
    if "cl" in page.context:
        return page.context["cl"].result_count
    if "runs" in page.context:
        return len(page.context["runs"])
    if "guides" in page.context:
        return len(page.context["guides"])
    if "payouts" in page.context:
        return len(page.context["waiting"]) + len(page.context["payouts"])
    return page.context["rows"].paginator.count if "rows" in page.context else page.context["count"]


class TestEveryNumber:
    def test_leads_to_exactly_its_rows(self, desk, house):
        client = desk(rights.ADMIN)
        tiles = client.get(INDEX).context["tiles"]
        assert {tile.title: tile.count for tile in tiles if tile.count} == {
            "회원 문의": 1, "광고주 문의": 1, "승인 요청": 1, "바깥 작업": 1,
        }  # fmt: skip
        assert [(tile.title, rows_of(client.get(tile.url))) for tile in tiles] == [(tile.title, tile.count) for tile in tiles]

    def test_of_alerts_leads_to_the_unread_ones(self, desk, house):
        room = next(room for _, rooms in navigation.GROUPS for room in rooms if room.waiting == "alerts")
        assert rows_of(desk(rights.ADMIN).get(at(room.name) + room.shows)) == selectors.waiting()["alerts"] == 4

    def test_has_a_room_and_a_promise(self):
        counted = {room.waiting for _, rooms in navigation.GROUPS for room in rooms if room.waiting}
        assert set(clocks.queues()) == set(clocks.PROMISES)
        assert counted == {*clocks.PROMISES, *navigation.UNTIMED, "alerts"}

    def test_asks_no_more_when_more_waits(self, desk, house, minji, minji_user):
        client = desk(rights.ADMIN)
        before = count_queries(client, INDEX)
        for number in range(5):
            ask(minji_user, minji, f"more:{number}")
            effect(f"more:{number}", state=Effect.State.PARKED)
        assert count_queries(client, INDEX) == before


class TestPromises:
    def test_run_on_the_business_clock(self, db):
        friday = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 17:00 in Seoul: an hour is left of the day
        monday = datetime(2026, 11, 30, 1, 30, tzinfo=UTC)  # 10:30
        assert clocks.clock(friday, hours=4, at=monday).words == "약속까지 2시간 30분"
        late = clocks.clock(friday, hours=1, at=monday)
        assert (late.words, late.tone) == ("약속을 30분 넘겼어요", "red")

    def test_stand_beside_the_number_and_in_the_list(self, desk, house):
        client = desk(rights.ADMIN)
        Effect.objects.filter(key="stuck").update(created_at=timezone.now() - timedelta(days=30))
        tile = next(tile for tile in client.get(INDEX).context["tiles"] if tile.title == "바깥 작업")
        assert tile.clock.tone == "red"
        assert "약속을" in client.get(INDEX).text
        assert "약속까지" in client.get(at("ad-inquiry-list")).text

    def test_are_policies(self, desk):
        assert "광고주 문의 처리 약속" in desk(rights.ADMIN).get(at("common_datedsetting_changelist")).text


@pytest.mark.urls("config.urls.backoffice")
class TestHealth:
    def test_names_jobs_that_never_ran_and_is_green_once_all_did(self, desk):
        now = timezone.now()
        assert health.lines(at=now)[0].tone == "amber"
        for name in jobs.scheduled():
            jobs.record(name, at=now)
        assert health.lines(at=now)[0].tone == "green"
        jobs.record("payments.sweep", at=now + timedelta(seconds=1), failure="OperationalError")
        assert health.lines(at=now)[0].tone == "red"
        page = desk(rights.ADMIN).get(at("common_jobrun_changelist"))
        assert page.context["cl"].result_count == len(jobs.scheduled())
        assert "결제 결과 다시 확인" in page.text

    def test_notices_a_job_that_stands_still(self, db):
        now = timezone.now()
        for name in jobs.scheduled():
            jobs.record(name, at=now)
        later = {job.name for job in jobs.jobs(at=now + timedelta(minutes=6)) if job.is_late}
        assert "payments.sweep" in later
        assert "campaigns.nightly" not in later
        assert {job.name for job in jobs.jobs(at=now + timedelta(hours=26)) if job.is_late} == set(jobs.scheduled())

    def test_knows_a_word_for_every_job(self):
        assert [name for name in jobs.scheduled() if name not in WORDS] == []

    def test_writes_down_only_what_beat_sends(self, db):
        jobs.record("common.work_effect", at=timezone.now())
        assert JobRun.objects.count() == 0

    def test_leads_to_the_work_that_is_late(self, desk):
        effect("late", due_at=timezone.now() - timedelta(minutes=6))
        effect("soon")
        client = desk(rights.ADMIN)
        line = next(line for line in client.get(INDEX).context["health"] if line.title == "바깥 작업")
        assert (line.tone, line.sentence) == ("red", "5분 넘게 밀린 작업 1건")
        assert rows_of(client.get(line.url)) == 1

    def test_counts_what_every_payment_company_did(self, desk, settings):
        lines = health.lines(at=timezone.now())[2:-1]
        assert [line.title for line in lines] == [WORDS[name] for name in settings.PAYMENT_GATEWAYS]
        assert desk(rights.ADMIN).get(lines[0].url).context["cl"].result_count == 0 == PaymentOrder.objects.count()

    def test_is_shown_to_admins(self, desk):
        assert "health" not in desk(rights.FINANCE).get(INDEX).context


class TestAListAsAFile:
    def test_needs_a_reason_that_is_kept(self, minji, eve):
        finance = hire("dami", rights.FINANCE)
        client, url = enter(finance), at("advertisers_advertiser_changelist") + "?q=민지"
        refused = client.post(url, {"_export": "csv", "reason": " "}, follow=True)
        assert "파일로 받는 이유" in said(refused)
        assert AccessLog.objects.filter(action="list.exported").count() == 0
        file = client.post(url, {"_export": "csv", "reason": "월말 확인"})
        assert file["Content-Disposition"].startswith('attachment; filename="advertiser-')
        lines = file.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert "민지네 커피" in lines[1]
        row = AccessLog.objects.get(action="list.exported")
        assert (row.actor, row.subject) == (finance, "list:advertisers.advertiser:1")
        assert LogEntry.objects.get().change_message == "파일로 받았어요 · 월말 확인"

    def test_is_for_those_who_may(self, desk, minji):
        client = desk(rights.REVIEWER)
        page = client.post(at("advertisers_advertiser_changelist"), {"_export": "csv", "reason": "궁금해요"})
        assert "Content-Disposition" not in page
        assert "_export" not in page.text
        assert AccessLog.objects.filter(action="list.exported").count() == 0

    def test_shows_contacts_as_the_list_does(self, desk, minji):
        file = desk(rights.ADMIN).post(at("advertisers_membership_changelist"), {"_export": "xlsx", "reason": "구성원 확인"})
        assert file.content[:2] == b"PK"
        csv = desk(rights.ADMIN, rights.FINANCE).post(at("advertisers_membership_changelist"), {"_export": "csv", "reason": "구성원 확인"})
        assert "mi***@example.com" in csv.content.decode("utf-8-sig")
        assert "minji@example.com" not in csv.content.decode("utf-8-sig")
