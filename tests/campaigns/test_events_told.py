"""Every event of campaigns, by its real cause, and what arrived of it."""

import socket
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction

from advertisers.models import ReportRecipient
from advertisers.services import recipients
from campaigns import services
from campaigns.models import Export, PlannedChange, ReportSchedule
from campaigns.questions import AnalyticsIn, ReportIn
from campaigns.services import clock, exporting, landing_watch, reporting
from common import effects
from common.kst import day_of
from common.models import Effect
from identity.models import ApprovalRequest, Notification
from tests.campaigns.test_constraints import dispute
from tests.campaigns.test_invalidating import SOON, finish, invalidate
from tests.campaigns.test_second_member import approve, ask, mina  # noqa: F401  (fixtures)
from tests.campaigns.test_versions import edit  # noqa: F401  (a fixture)
from tests.telling import arrived, inbox  # noqa: F401  (fixtures)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class TestReviews:
    def test_sent_in_held_for_papers_and_passed(self, submitted, operator, at, arrived):  # noqa: F811
        services.hold(campaign=submitted, by=operator, at=at + HOUR, reason="통신판매업 신고증")
        services.go_on(campaign=submitted, by=operator, at=at + 2 * HOUR)
        services.approve(campaign=submitted, by=operator, at=at + 2 * HOUR)
        arrived("campaigns.submitted", "campaigns.papers_missing", "campaigns.approved", "campaigns.began")

    def test_sent_back_and_rejected(self, submit, operator, at, arrived):  # noqa: F811
        services.ask_changes(campaign=submit(key="a", budget=300), by=operator, at=at, reason="글씨가 작아요")
        services.reject(campaign=submit(key="b", budget=300), by=operator, at=at, reason="상품이 달라요")
        arrived("campaigns.changes_asked", "campaigns.rejected")

    def test_an_edit_that_the_start_overtook(self, submit, edit, operator, at, arrived):  # noqa: F811
        campaign = services.approve(campaign=submit(budget=400, starts_at=at + DAY), by=operator, at=at)
        edit(campaign, unit_price=20, starts_at=at + DAY)
        clock.tick(at=at + DAY)
        arrived("campaigns.version_overtaken")

    def test_what_is_above_a_members_limit(self, ask, minji, minji_user, at, arrived):  # noqa: F811
        ask(key="page:1")
        ask(key="page:2")
        first, second = ApprovalRequest.objects.order_by("pk")
        approve(minji, first, minji_user, at)
        services.refuse_as_second(advertiser=minji, request=second.public_id, by=minji_user, reason="다음 주에 해요", at=at)
        arrived("campaigns.second_member_asked", "campaigns.second_member_agreed", "campaigns.second_member_refused")


class TestRunning:
    def test_stopped_by_somebody_ended_and_settled(self, running, minji_user, at, arrived):  # noqa: F811
        services.pause(campaign=running, by=minji_user, at=at + HOUR)
        services.end(campaign=running, by=minji_user, at=at + 2 * HOUR)
        clock.settle(at=at + 3 * HOUR)
        arrived("campaigns.paused", "campaigns.ended", "campaigns.settled")

    def test_locked_and_unlocked_by_the_house(self, running, operator, at, arrived):  # noqa: F811
        services.lock(campaign=running, by=operator, at=at + HOUR, reason="신고를 확인하고 있어요")
        services.unlock(campaign=running, by=operator, at=at + 2 * HOUR, reason="확인을 마쳤어요")
        arrived("campaigns.locked", "campaigns.unlocked")

    def test_without_credits(self, running, minji, at, arrived):  # noqa: F811
        dispute(minji, at)
        clock.tick(at=at + HOUR)
        arrived("campaigns.no_balance")

    def test_with_a_landing_page_that_is_gone(self, running, at, arrived):  # noqa: F811
        for days in range(landing_watch.MISSES_UNTIL_PAUSED):
            moment = at + days * DAY
            facts = {"campaign_id": running.pk, "on": day_of(moment), "url": running.landing_url, "missed": True}
            with transaction.atomic():
                landing_watch.looked(sentence="404로 답했어요.", at=moment, **facts)
        arrived("campaigns.landing_gone")

    def test_whose_budget_is_spent(self, launch, at, arrived):  # noqa: F811
        campaign = launch(budget=10)
        finish(campaign, at)
        assert services.capture_due(campaign=campaign, at=at + SOON) == 10
        arrived("campaigns.budget_gone")

    def test_with_completions_that_did_not_count(self, running, operator, at, arrived):  # noqa: F811
        _, number = finish(running, at)
        services.capture_due(campaign=running, at=at + SOON)
        invalidate(running, [number], operator, at + SOON)
        arrived("campaigns.invalidated")

    def test_with_a_plan_that_could_not_be_done(self, launch, minji_user, at, arrived):  # noqa: F811
        campaign = launch(budget=500)
        plan = services.plan(campaign=campaign, kind=PlannedChange.Kind.RAISE, credits_=600, due_at=at + HOUR, by=minji_user, at=at)
        clock.tick(at=at + 2 * HOUR)
        plan.refresh_from_db()
        assert plan.state == PlannedChange.State.REFUSED
        arrived("campaigns.plan_refused")


@pytest.fixture
def files(settings, tmp_path):
    """Private storage of the test's own."""
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "files")}}}
    return tmp_path / "files"


@contextmanager
def hanging_up():
    """A mail server that takes a call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        yield server.getsockname()[1]


def worked_to_the_end(kind, at):
    """Let the effects of a kind run until nothing of them is left to do, however long that takes."""
    while due := Effect.objects.filter(kind=kind, state__in=["NEW", "UNKNOWN"]).values_list("pk", "due_at"):
        for pk, due_at in list(due):
            effects.work(pk, at=max(at, due_at))


class TestFiles:
    @pytest.mark.usefixtures("files")
    def test_a_file_that_is_ready(self, running, minji, minji_user, at, arrived):  # noqa: F811
        export(minji, at)
        worked_to_the_end(exporting.KIND, at)
        arrived("campaigns.export_ready")
        notice = Notification.objects.get(kind="campaigns.export_ready")
        assert (notice.user, notice.url) == (minji_user, "/my-page/analytics/exports/")
        assert "2026년 12월 2일까지" in notice.body

    def test_a_file_that_could_not_be_made_in_four_tries(self, running, minji, at, files, arrived):  # noqa: F811
        files.write_text("where the folder should be")
        export(minji, at)
        worked_to_the_end(exporting.KIND, at)
        assert Export.objects.get().state == Export.State.FAILED
        assert Effect.objects.get(kind=exporting.KIND).attempts == exporting.LAST_TRY
        arrived("campaigns.export_failed")


class TestReports:
    @pytest.fixture
    def planned(self, minji, at):
        """A report every day at nine, to minji herself."""
        owner = minji.memberships.get(role="OWNER")
        return reporting.schedule(advertiser=minji, member=owner, wish=ReportIn(every="DAY", hour=9), at=at)

    @staticmethod
    def due(at):
        reporting.send_due(at=at)
        worked_to_the_end(reporting.KIND, at)

    def test_a_report_that_went_out_once(self, planned, at, arrived):  # noqa: F811
        for _ in range(2):
            self.due(at + DAY)
        arrived("campaigns.report_sent")
        assert Notification.objects.filter(kind="campaigns.report_sent").count() == 1

    def test_a_report_that_no_mail_server_took(self, planned, at, arrived, settings):  # noqa: F811
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9
        self.due(at + DAY)
        settings.EMAIL_BACKEND = "common.messaging.InboxEmailBackend"
        arrived("campaigns.report_failed")
        assert ReportSchedule.objects.filter(pk=planned.pk).exists()

    def test_a_report_of_which_nobody_knows_whether_the_mail_server_took_it(self, planned, at, arrived, settings):  # noqa: F811
        """A silence, and then refusals: what was refused later says nothing of the mail before."""
        smtp = "django.core.mail.backends.smtp.EmailBackend"
        with hanging_up() as port:
            settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = smtp, "127.0.0.1", port
            reporting.send_due(at=at + DAY)
            effect = Effect.objects.get(kind=reporting.KIND)
            effects.work(effect.pk, at=at + DAY)
        settings.EMAIL_PORT = 9
        worked_to_the_end(reporting.KIND, at + DAY)
        settings.EMAIL_BACKEND = "common.messaging.InboxEmailBackend"
        arrived("campaigns.report_unsure")
        notice = Notification.objects.get(kind__startswith="campaigns.report_")
        assert "mi***@example.com 주소에 닿았는지 알 수 없어요" in notice.body

    def test_a_report_that_nobody_reads_any_more(self, minji, minji_user, at, arrived):  # noqa: F811
        reader = ReportRecipient.objects.create(
            advertiser=minji, email="agency@example.com", added_by=minji_user, added_at=at, confirmed_at=at
        )
        wish = ReportIn(every="DAY", hour=9, recipient=reader.public_id)
        reporting.schedule(advertiser=minji, member=minji.memberships.get(role="OWNER"), wish=wish, at=at)
        recipients.stop_recipient(token=recipients.token_of(reader), at=at)
        self.due(at + DAY)
        arrived("campaigns.report_stopped")
        assert not ReportSchedule.objects.exists()


def export(minji, at):
    by = minji.memberships.get(role="OWNER").user
    asked = AnalyticsIn(first=day_of(at) - DAY, last=day_of(at))
    return exporting.ask_for_export(advertiser=minji, asked=asked, what="DAYS", form="csv", by=by, at=at, key="one")
