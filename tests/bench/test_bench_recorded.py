"""A recorded service call replays as the same statements, with only key, new rows and running balances as variables."""

import pytest
from django.db import connection

from bench.ledger import without_the_lookup
from bench.recorded import KEY, as_script

NAMES = {770_000_001: "entry_id", 880_000_001: "hold_id", 990_000_001: "part_id", 999_990: "held"}


class TestAsScript:
    def test_the_key_is_another_one_in_every_transaction(self) -> None:
        line = as_script(f"SELECT * FROM credits_entry WHERE idempotency_key = '{KEY.format('hold')}'", names=NAMES)
        assert line == "SELECT * FROM credits_entry WHERE idempotency_key = ('bench:replay:hold:' || :run || ':' || :n);"

    def test_the_number_of_the_new_entry_is_kept_for_its_postings(self) -> None:
        assert as_script('INSERT INTO "credits_entry" (kind) VALUES (1) RETURNING "credits_entry"."id"', names=NAMES).endswith(
            r" \gset entry_"
        )
        line = as_script("INSERT INTO \"credits_posting\" SELECT * FROM UNNEST('{770000001,770000001}', '{999990,NULL}')", names=NAMES)
        assert line == "INSERT INTO \"credits_posting\" SELECT * FROM UNNEST('{:entry_id,:entry_id}', '{:held,NULL}');"

    def test_other_numbers_stay(self) -> None:
        line = "UPDATE credits_lot SET held = held + -999990 WHERE id = 7700000012"
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
