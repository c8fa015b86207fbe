"""A recorded service call replays as the same statements, with only key, new rows and running balances as variables."""

import pytest
from django.db import connection

from bench.ledger import without_the_lookup
from bench.recorded import KEY, as_script

NAMES = {999_990: "held"}


class TestAsScript:
    def test_the_key_is_another_one_in_every_transaction(self) -> None:
        line = as_script(f"SELECT id FROM credits_entry WHERE idempotency_key = '{KEY.format('hold')}'", names=NAMES)
        assert line == "SELECT id FROM credits_entry WHERE idempotency_key = ('bench:replay:hold:' || :run || ':' || :n || '');"

    def test_so_it_is_inside_the_facts_of_an_entry(self) -> None:
        line = as_script(f"""SELECT credits_post('{{"key": "{KEY.format("hold")}", "order_id": ""}}'::jsonb)""", names={})
        wanted = """SELECT credits_post(('{"key": "bench:replay:hold:' || :run || ':' || :n || '", "order_id": ""}')::jsonb);"""
        assert line == wanted

    def test_the_running_balance_is_a_variable(self) -> None:
        line = as_script("SELECT * FROM credits_post('{-10,5}'::bigint[], '{999990,NULL}'::bigint[])", names=NAMES)
        assert line == "SELECT * FROM credits_post('{-10,5}'::bigint[], '{:held,NULL}'::bigint[]);"

    def test_other_numbers_stay(self) -> None:
        line = "UPDATE credits_lot SET held = held + -999990 WHERE id = 9999902"
        assert as_script(line, names=NAMES) == f"{line};"

    def test_line_breaks_are_gone(self) -> None:
        assert as_script("SELECT 1\n  FROM x", names={}) == "SELECT 1 FROM x;"


class TestWithoutTheLookup:
    def test_a_changed_function_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has changed"):
            without_the_lookup("CREATE FUNCTION credits_move_tickets() …")

    @pytest.mark.django_db
    def test_our_function_differs_in_the_lookup_only(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef('credits_move_tickets'::regproc)")
            whole = cursor.fetchone()[0]
        shorter = without_the_lookup(whole)
        assert "idempotency_key = p_key" in whole
        assert "idempotency_key = p_key" not in shorter
        assert len(whole) - len(shorter) < 450
        assert shorter.count("INSERT INTO credits_entry ") == whole.count("INSERT INTO credits_entry ") == 1
