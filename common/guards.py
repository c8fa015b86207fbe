"""
Database triggers that nothing inside a session can switch off, and the set that makes a table append-only.

django-pgtrigger lets any session skip its triggers (`pgtrigger.ignore()`). A guard is the same trigger without that door; only
the owner of the table can disable one, and the nightly proof looks for that.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import pgtrigger
from django.apps import apps
from django.db import models
from pgtrigger import compiler

NO_TRUNCATE = "refuse_truncate"
Word = TypeVar("Word", bound=models.TextChoices)


class GuardSql(compiler.UpsertTriggerSql):
    """The SQL of a guard. Migrations refer to this class: never change the template, add another class."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid} {when} {operation} ON {table} {referencing} FOR EACH {level} {condition} EXECUTE FUNCTION {execute};
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Guard(pgtrigger.Trigger):
    """A trigger that cannot be ignored by a session."""

    def compile(self, model: Any) -> compiler.Trigger:
        return compiler.Trigger(
            name=self.name,
            sql=GuardSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
                referencing=self.referencing or "",
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def legal_moves(moves: Mapping[Word, Iterable[Word]], *, what: str, code: str) -> Guard:
    """
    For `Meta.triggers` of a table with a column `state`: rows move as the table of transitions says and never otherwise.

    what: the row, in English, as the refusal names it.   code: SQLSTATE of the refusal.
    """
    pairs = ", ".join(f"('{origin.value}', '{target.value}')" for origin, targets in moves.items() for target in sorted(targets))
    return Guard(
        name="legal_moves",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
        func=f"""
        IF (OLD.state, NEW.state) NOT IN ({pairs}) THEN
            RAISE EXCEPTION '{what} does not move from % to %', OLD.state, NEW.state USING ERRCODE = '{code}';
        END IF;
        RETURN NEW;
    """,
    )


def append_only() -> list[Guard]:
    """For `Meta.triggers`: rows are written once. `grant_app_role` also takes the rights to change such a table away."""
    refuse = "RAISE EXCEPTION 'rows of % are history: no %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'BS009';"
    return [
        Guard(name="refuse_change", when=pgtrigger.Before, operation=pgtrigger.Update | pgtrigger.Delete, func=refuse),
        Guard(name=NO_TRUNCATE, level=pgtrigger.Statement, when=pgtrigger.Before, operation=pgtrigger.Truncate, func=refuse),
    ]


def guards() -> list[tuple[type[models.Model], pgtrigger.Trigger]]:
    """Every guard of every model."""
    return [
        (model, trigger) for model in apps.get_models() for trigger in getattr(model._meta, "triggers", []) if isinstance(trigger, Guard)
    ]


def append_only_tables() -> list[str]:
    """Names of the tables whose rows are history, sorted."""
    return sorted({model._meta.db_table for model, trigger in guards() if trigger.name == "refuse_change"})
