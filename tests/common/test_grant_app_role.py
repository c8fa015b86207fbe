"""The role that production runs as: what it can do, and what it cannot whoever asks."""

from io import StringIO

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from psycopg import errors, sql

from common import guards
from credits import services as credits
from credits.models import Entry, Posting
from identity import access_log
from tests.credits.book import accounts

PASSWORD = 'it\'s a "secret"; DROP ROLE postgres'
HISTORY = [
    "advertisers_advertiserevent",
    "advertisers_apikeyevent",
    "advertisers_memberlimitevent",
    "advertisers_membershipevent",
    "advertisers_rolelimitevent",
    "advertisers_webhookendpointevent",
    "backoffice_auditlink",
    "campaigns_campaignevent",
    "campaigns_earnedstep",
    "campaigns_fraudsignal",
    "campaigns_invalidation",
    "campaigns_postbacklog",
    "credits_daydigest",
    "credits_entry",
    "credits_posting",
    "credits_proofrun",
    "django_admin_log",
    "identity_accesslog",
    "identity_accessreview",
    "identity_approvalrequestevent",
    "identity_consent",
    "identity_legaltext",
    "identity_messagetemplate",
    "identity_userevent",
    "payments_reconciliationrun",
    "payments_settlementfile",
    "payments_settlementrow",
    "payments_suretypolicyevent",
    "rewards_gifticondeposit",
    "rewards_gifticonfloat",
    "rewards_gifticonpricerule",
    "rewards_offerwallswitch",
    "rewards_rafflecommitment",
    "rewards_raffledraw",
    "rewards_raffleevent",
]
OTHERS = ["credits_account", "credits_lot", "credits_hold", "credits_holdpart", "payments_paymentorder", "identity_user"]

# Ways around the guards, each of which would work for the owner.
RULES = [
    "ALTER TABLE credits_posting DISABLE TRIGGER ALL",
    "ALTER TABLE credits_account DROP CONSTRAINT credits_account_never_below_zero",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE credits_daydigest (day_on date)",
    "CREATE SCHEMA mine",
    "CREATE OR REPLACE FUNCTION credits_booking_moment(p_now timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT p_now'",
    "DROP FUNCTION credits_move_tickets",
    "CREATE TRIGGER mine BEFORE INSERT ON credits_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "SET session_replication_role = replica",
    "TRUNCATE credits_account CASCADE",
    "CREATE ROLE mine",
]


def grant(**options):
    said = StringIO()
    call_command("grant_app_role", stdout=said, **options)
    return said.getvalue()


def drop(role):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                cursor.execute(sql.SQL(statement).format(sql.Identifier(role)))


@pytest.fixture
def role(transactional_db, settings):
    """A role whose name needs quoting, granted in this run's database; gone afterwards."""
    settings.APP_ROLE = f'Boost "app"; {settings.DATABASES["default"]["NAME"]}'
    settings.APP_ROLE_PASSWORD = PASSWORD
    grant()
    yield settings.APP_ROLE
    drop(settings.APP_ROLE)


@pytest.fixture
def app(role):
    """A connection of that role."""
    known = connection.get_connection_params()
    address = {name: known[name] for name in ("host", "port", "dbname") if known.get(name)}
    with psycopg.connect(**address, user=role, password=PASSWORD, autocommit=True) as opened:
        yield opened


@pytest.fixture
def as_app(role):
    """Django's own connection acts as that role, as in production."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def rights(app, table):
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    return [word for word in words if app.execute("SELECT has_table_privilege(%s, %s)", [table, word]).fetchone() == (True,)]


class TestTheRole:
    def test_adds_to_history_and_reads_it_and_that_is_all(self, app):
        assert guards.append_only_tables() == HISTORY
        assert {table: rights(app, table) for table in HISTORY} == dict.fromkeys(HISTORY, ["SELECT", "INSERT"])

    def test_works_with_the_other_tables_but_never_empties_one(self, app):
        expected = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        assert {table: rights(app, table) for table in OTHERS} == dict.fromkeys(OTHERS, expected)

    def test_only_reads_which_migrations_ran(self, app):
        assert rights(app, "django_migrations") == ["SELECT"]

    def test_is_denied_to_change_history(self, app):
        keys = {model._meta.db_table: model._meta.pk.column for model in apps.get_models()}
        for table in HISTORY:
            change = f"UPDATE {{}} SET {keys[table]} = {keys[table]}"
            for statement in ("DELETE FROM {}", "TRUNCATE {} CASCADE", change, "DROP TABLE {} CASCADE"):
                with pytest.raises(errors.InsufficientPrivilege):
                    app.execute(statement.format(table))

    def test_is_denied_to_change_the_rules(self, app):
        for statement in RULES:
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)

    def test_has_no_power_of_its_own(self, app):
        found = app.execute(
            "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert found.fetchone() == (True, False, False, False, False, False)

    def test_keeps_its_password_sealed(self, role):
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
            assert cursor.fetchone()[0].startswith("SCRAM-SHA-256$")


class TestTheProduct:
    def test_moves_credits_and_tickets_as_that_role(self, minji, eve, suji, at, as_app):
        with transaction.atomic():
            credits.top_up(advertiser=eve, credits=500, order_id="eve-order", gateway="portone", key="eve", at=at)
            hold = credits.place_hold(advertiser=minji, credits=300, subject="campaign:1", subject_label="봄", key="h", at=at)
            credits.capture(hold=hold, credits=100, reward_cost=10, key="c", at=at)
            credits.release(hold=hold, credits=200, key="r", at=at)
            refund = {"advertiser": minji, "order_id": "minji-order", "credits": 50, "bonus": 0, "promotion": 0, "at": at}
            credits.freeze_for_refund(**refund, subject="refund:1", key="f")
            credits.reclaim(**refund, gateway="portone", key="x")
            credits.grant(member_id=suji.pk, amount=5, kind="ISSUED", key="g", at=at)
            credits.spend(member_id=suji.pk, amount=2, kind="RAFFLE", key="s", at=at)
            access_log.note(actor=None, action="test", at=at)
        assert (accounts(minji), accounts(eve)) == ((850, 0, 0), (500, 0, 0))

    def test_closes_days_and_proves_as_that_role(self, minji, at, as_app):
        run = credits.nightly_proof(at=at.replace(day=26))
        assert (run.is_green, run.differences) == (True, [])

    def test_cannot_rewrite_what_it_wrote(self, minji, as_app):
        entry = Entry.objects.get()
        for change in (lambda: Entry.objects.update(reason="x"), lambda: Posting.objects.filter(entry=entry)._raw_delete("default")):
            with pytest.raises(DatabaseError) as refusal, transaction.atomic():
                change()
            assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)
        assert Entry.objects.get().reason == ""


class TestTheCommand:
    def test_may_be_repeated_and_repairs_what_somebody_loosened(self, role, app):
        quoted = sql.Identifier(role)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("GRANT ALL ON credits_posting TO {}").format(quoted))
            cursor.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(quoted))
            cursor.execute(sql.SQL("ALTER ROLE {} CREATEDB NOLOGIN").format(quoted))
        assert rights(app, "credits_posting") == ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
        assert f"{len(HISTORY)} tables are history to it" in grant()
        assert rights(app, "credits_posting") == ["SELECT", "INSERT"]
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
        found = app.execute("SELECT rolcanlogin, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        assert found == (True, False)

    def test_shows_its_statements_without_running_them_and_without_the_password(self, transactional_db, settings):
        settings.APP_ROLE, settings.APP_ROLE_PASSWORD = "boost_nobody", PASSWORD
        said = grant(dry_run=True)
        assert 'CREATE ROLE "boost_nobody" LOGIN;' in said
        assert 'GRANT SELECT, INSERT ON "public"."credits_posting" TO "boost_nobody";' in said
        assert "secret" not in said.replace("campaigns_postbacksecret", "")
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM pg_roles WHERE rolname = 'boost_nobody'")
            assert cursor.fetchone() == (0,)

    def test_refuses_the_role_that_owns_the_tables(self, transactional_db, settings):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            (settings.APP_ROLE,) = cursor.fetchone()
        with pytest.raises(CommandError, match="connect as the owner"):
            grant()

    def test_refuses_a_role_that_may_become_the_owner(self, role):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            (owner,) = cursor.fetchone()
            cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(owner), sql.Identifier(role)))
        with pytest.raises(CommandError, match="who owns tables"):
            grant()
