"""One suite over every declared campaign type: what the core relies on."""

import re
from datetime import timedelta

import pytest
from pydantic import BaseModel, ValidationError

from campaigns import types
from campaigns.models import BudgetSlot, Participation
from campaigns.types.base import Evidence
from common.schemas import Input

HANGUL = re.compile("[가-힣]")
EXAMPLES = {"VISIT": {"dwell_seconds": 10}}  # valid details of each type; a new type adds its own
every_type = pytest.mark.parametrize("declared", types.all_types(), ids=lambda declared: declared.key)


def test_the_registry_finds_each_by_its_key_and_nothing_else():
    keys = [declared.key for declared in types.all_types()]
    assert len(set(keys)) == len(keys) == len(EXAMPLES)
    assert all(types.get(key).key == key and types.is_known(key) for key in keys)
    assert not types.is_known("visit")
    with pytest.raises(KeyError):
        types.get("NOPE")


@every_type
class TestDeclaration:
    def test_says_everything_in_korean(self, declared):
        details = declared.read(EXAMPLES[declared.key])
        words = [declared.name, declared.summary, declared.charged_when, *declared.steps(details)]
        words += [column.label for column in declared.report_columns] + [rule.label for rule in declared.fraud_rules]
        assert all(HANGUL.search(text) for text in words)
        assert len(declared.steps(details)) >= 2

    def test_keeps_its_key_and_times_inside_what_a_row_can_hold(self, declared):
        assert re.fullmatch("[A-Z]{3,20}", declared.key)
        assert timedelta(seconds=30) <= declared.slot_life <= timedelta(days=30)
        assert 0 < declared.price.lowest <= declared.price.highest <= 100_000

    def test_its_fields_are_strict(self, declared):
        assert issubclass(declared.fields, Input)
        good = EXAMPLES[declared.key]
        assert isinstance(declared.read(good), BaseModel)
        for bad in (
            {**good, "unknown": 1},
            {},
            dict.fromkeys(good),
            dict.fromkeys(good, "\x00"),
            dict.fromkeys(good, True),
        ):
            with pytest.raises(ValidationError):
                declared.read(bad)

    def test_survives_storing_and_reading_again(self, declared):
        details = declared.read(EXAMPLES[declared.key])
        assert declared.read(details.model_dump(mode="json")) == details

    def test_reports_and_keeps_what_the_rows_have(self, declared):
        assert {column.field for column in declared.report_columns} <= {field.name for field in BudgetSlot._meta.get_fields()}
        assert set(declared.evidence) <= {field.name for field in Participation._meta.get_fields()}


@every_type
class TestVerdict:
    def test_never_counts_what_was_not_done_and_says_what_is_missing(self, declared):
        seconds = declared.verifier.required_seconds(declared.read(EXAMPLES[declared.key]))
        assert not declared.verifier.judge(Evidence(required_seconds=seconds, dwell_seconds=None, beats=99)).is_enough
        short = declared.verifier.judge(Evidence(required_seconds=seconds, dwell_seconds=seconds - 1, beats=99))
        assert (short.is_enough, short.missing_seconds) == (False, 1)

    def test_counts_what_was_done(self, declared):
        seconds = declared.verifier.required_seconds(declared.read(EXAMPLES[declared.key]))
        verdict = declared.verifier.judge(Evidence(required_seconds=seconds, dwell_seconds=seconds, beats=0))
        assert (verdict.is_enough, verdict.missing_seconds) == (True, 0)

    @pytest.mark.parametrize("beats", [0, 1, 1_000])
    def test_scores_stay_between_0_and_100_and_rise_with_evidence(self, declared, beats):
        def score(beats):
            return declared.score(Evidence(required_seconds=60, dwell_seconds=60, beats=beats))

        assert 0 <= score(0) <= score(beats) <= 100
        assert len({rule.code for rule in declared.fraud_rules}) == len(declared.fraud_rules)
