"""The audit is chained by the nightly proof: what was linked cannot be changed, taken away or added to unseen."""

import logging
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from backoffice import audit_chain, rights, services
from backoffice.models import AuditLink
from bench.breakages import Owner
from credits import proof
from credits import services as credits
from credits.models import ProofRun
from identity import access_log
from identity.models import AccessLog
from tests.backoffice.conftest import hire
from tests.live import database_url

NIGHT = datetime(2026, 12, 1, 15, 20, tzinfo=UTC)  # 00:20 of the 2nd in Seoul
DAY = "2026-12-02"
COLUMNS = "action_time, object_repr, action_flag, change_message, user_id"


@pytest.fixture
def notes(db):
    """Three notes of one operator, on the day before the night."""
    boram = hire("boram", rights.ADMIN)
    for number in range(3):
        services.note(row=boram, by=boram, reason=f"이유 {number}", at=NIGHT - timedelta(hours=9))
    access_log.note(actor=boram, action="user.viewed", subject="user:x", at=NIGHT - timedelta(hours=9))
    return list(LogEntry.objects.order_by("pk"))


def night(at=NIGHT):
    """What the nightly run does: link, prove, keep."""
    return credits.nightly_proof(at=at)


def said(code=0):
    """The lines of verify_ledger under the audit."""
    printed = StringIO()
    found = 0
    try:
        call_command("verify_ledger", "--dry-run", stdout=printed)
    except CommandError as red:
        found = red.returncode
    assert found == code
    return [line.strip() for line in printed.getvalue().splitlines() if "audit" in line]


class TestTheNight:
    def test_links_every_audit_table_and_the_untouched_audit_is_green(self, notes):
        assert {"django_admin_log", "identity_accesslog", "identity_userevent", "campaigns_campaignevent"} <= set(audit_chain.tables())
        assert night().is_green
        linked = {row.table: row.rows for row in AuditLink.objects.all()}
        assert (linked["django_admin_log"], linked["identity_accesslog"]) == (3, AccessLog.objects.count())
        assert said() == []

    def test_links_only_what_came_since_and_each_link_builds_on_the_one_before(self, notes):
        night()
        services.note(row=notes[0].user, by=notes[0].user, reason="다음 날", at=NIGHT + timedelta(hours=9))
        assert night(NIGHT + timedelta(days=1)).is_green
        first, second = AuditLink.objects.filter(table="django_admin_log").order_by("pk")
        assert (second.rows, second.after_id, str(second.day_on)) == (1, first.until_id, "2026-12-03")
        links = list(AuditLink.objects.order_by("pk"))
        assert [row.previous_hash for row in links] == ["", *(row.hash for row in links[:-1])]

    def test_links_nothing_twice(self, notes):
        night()
        count = AuditLink.objects.count()
        assert night() is None
        assert audit_chain.link(at=NIGHT) == []
        assert AuditLink.objects.count() == count


@pytest.mark.tampers
class TestTampering:
    """Done by the owner of the tables with the triggers off; with them on, the database refuses."""

    @pytest.mark.parametrize(
        ("statement", "complaint"),
        [
            (
                "UPDATE django_admin_log SET change_message = '다른 이유' WHERE id = {second} RETURNING id",
                "has other audit rows up to number {last} than were linked",
            ),
            ("DELETE FROM django_admin_log WHERE id = {second} RETURNING id", "had 3 audit rows up to number {last}, now 2"),
            (
                "UPDATE django_admin_log SET action_time = action_time - interval '1 second' WHERE id = {second} RETURNING id",
                "has other audit rows up to number {last} than were linked",
            ),
            (
                f"INSERT INTO django_admin_log (id, {COLUMNS}) SELECT -5, {COLUMNS} FROM django_admin_log WHERE id = {{last}} RETURNING id",
                "had 3 audit rows up to number {last}, now 4",
            ),
        ],
        ids=["changed", "deleted", "moved in time", "put in afterwards"],
    )
    def test_is_named_by_day_and_table(self, notes, statement, complaint):
        night()
        numbers = {"second": notes[1].pk, "last": notes[2].pk}
        Owner(connection).change(statement.format(**numbers))
        assert said(1) == [f"table=django_admin_log day={DAY} {complaint.format(**numbers)}"]

    def test_with_the_columns_is_named_and_does_not_stop_the_proof(self, notes):
        night()
        Owner(connection).run("ALTER TABLE django_admin_log RENAME COLUMN change_message TO message")
        assert f"table=django_admin_log day={DAY} was linked with columns that are gone: change_message" in list(audit_chain.broken())

    def test_of_a_link_is_named_too(self, notes):
        night()
        Owner(connection).change("DELETE FROM backoffice_auditlink WHERE \"table\" = 'django_admin_log' RETURNING id")
        assert any("does not follow the link before it" in line for line in said(1))

    @pytest.mark.parametrize("table", ["django_admin_log", "identity_accesslog", "backoffice_auditlink", "identity_userevent"])
    @pytest.mark.parametrize("act", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_is_refused_by_the_database_while_the_guards_are_on(self, notes, table, act):
        night()
        with pytest.raises(DatabaseError, match="history"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with waiting checks is not emptied, whoever asks
            cursor.execute(act.format(table))


class TestALateCommit:
    """A row with a lower number that appears after the night is no forgery."""

    @pytest.fixture
    def late(self, transactional_db, monkeypatch):
        """Somebody writes an audit row in a transaction that stays open, then others write theirs."""
        monkeypatch.setattr(audit_chain, "LOOKS", 2)
        monkeypatch.setattr(audit_chain, "PAUSE_SECONDS", 0.01)
        boram = hire("boram", rights.ADMIN)
        services.note(row=boram, by=boram, reason="먼저", at=NIGHT)
        with psycopg.connect(database_url()) as other:
            other.execute(
                f"INSERT INTO django_admin_log ({COLUMNS}) VALUES (now(), '', 2, '늦게', %s)",
                [boram.pk],
            )
            services.note(row=boram, by=boram, reason="나중", at=NIGHT)
            yield other

    def test_leaves_its_table_for_the_next_night(self, late, caplog):
        with caplog.at_level(logging.WARNING):
            assert night().is_green
        assert not AuditLink.objects.filter(table="django_admin_log").exists()
        assert "django_admin_log was not linked" in caplog.text
        late.commit()
        assert proof.run().is_green
        assert night(NIGHT + timedelta(days=1)).is_green
        assert AuditLink.objects.get(table="django_admin_log").rows == 3
        assert ProofRun.objects.filter(is_green=False).count() == 0

    def test_that_is_called_off_is_missed_by_nobody(self, late):
        late.rollback()
        assert night().is_green
        assert AuditLink.objects.get(table="django_admin_log").rows == 2
        assert proof.run().is_green

    @pytest.mark.tampers
    def test_would_look_like_forgery_without_the_wait(self, late, monkeypatch):
        monkeypatch.setattr(audit_chain, "_writers", lambda table: set())
        night()
        late.commit()
        assert [row.partition(" had")[0] for row in audit_chain.broken()] == [f"table=django_admin_log day={DAY}"]
