"""One suite over every declared campaign type: what the core relies on."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from campaigns import types
from campaigns.models import BudgetSlot, Participation
from campaigns.types.base import Evidence, Kept
from common.schemas import Input
from tests.campaigns.examples import EXAMPLES

HANGUL = re.compile("[가-힣]")
every_type = pytest.mark.parametrize("declared", types.all_types(), ids=lambda declared: declared.key)


def details_of(declared):
    return declared.read(EXAMPLES[declared.key].details)


def schemas_inside(schema: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The schema and those of its lists."""
    yield schema
    for field in schema.model_fields.values():
        for inner in get_args(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from schemas_inside(inner)


def test_the_registry_finds_each_by_its_key_and_nothing_else():
    keys = [declared.key for declared in types.all_types()]
    assert len(set(keys)) == len(keys) == len(EXAMPLES)
    assert all(types.get(key).key == key and types.is_known(key) for key in keys)
    assert not types.is_known("visit")
    with pytest.raises(KeyError):
        types.get("NOPE")


def test_only_types_that_members_can_take_part_in_are_offered():
    assert all(types.is_offered(declared.key) == declared.is_offered for declared in types.all_types())
    assert {declared.key for declared in types.offered_types()} == {key for key in EXAMPLES if types.is_offered(key)}
    assert not types.is_offered("NOPE")


@every_type
class TestDeclaration:
    def test_says_everything_in_korean(self, declared):
        details = details_of(declared)
        words = [declared.name, declared.summary, declared.charged_when, *declared.steps(details), *declared.price.included]
        words += [column.label for column in declared.report_columns] + [rule.label for rule in declared.fraud_rules]
        words += [option.label for option in declared.price.options]
        assert all(HANGUL.search(text) for text in words)
        assert len(declared.steps(details)) >= 2

    def test_every_field_has_a_title_and_a_help_in_korean(self, declared):
        for schema in schemas_inside(declared.fields):
            for name, field in schema.model_fields.items():
                assert HANGUL.search(field.title or ""), f"{schema.__name__}.{name} has no title"
                assert HANGUL.search(field.description or ""), f"{schema.__name__}.{name} has no description"

    def test_keeps_its_key_and_times_inside_what_a_row_can_hold(self, declared):
        assert re.fullmatch("[A-Z]{3,20}", declared.key)
        assert timedelta(seconds=30) <= declared.slot_life <= timedelta(days=30)
        assert 0 < declared.price.lowest <= declared.price.suggested <= declared.price.highest <= 100_000

    def test_its_fields_are_strict(self, declared):
        assert issubclass(declared.fields, Input)
        good = EXAMPLES[declared.key].details
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
        details = details_of(declared)
        assert declared.read(details.model_dump(mode="json")) == details

    def test_reports_and_keeps_what_the_rows_have(self, declared):
        assert {column.field for column in declared.report_columns} <= {field.name for field in BudgetSlot._meta.get_fields()}
        assert set(declared.evidence) <= {field.name for field in Participation._meta.get_fields()} | set(Kept)


@every_type
class TestVerdict:
    def test_never_counts_what_was_not_done(self, declared):
        for evidence in (Evidence(), *EXAMPLES[declared.key].false):
            verdict = declared.verifier.judge(details_of(declared), evidence)
            assert not verdict.is_enough, evidence
            assert not verdict.needs_a_look, evidence

    def test_counts_what_was_done_or_lets_a_person_decide(self, declared):
        verdict = declared.verifier.judge(details_of(declared), EXAMPLES[declared.key].true)
        assert verdict.is_enough != verdict.needs_a_look
        assert verdict.missing_seconds == 0

    def test_a_stay_says_what_is_missing(self, declared):
        details = details_of(declared)
        seconds = declared.verifier.required_seconds(details)
        short = declared.verifier.judge(details, Evidence(required_seconds=seconds, dwell_seconds=seconds - 1, beats=99))
        assert short.missing_seconds == (1 if seconds else 0)

    def test_scores_stay_between_0_and_100_and_rise_with_evidence(self, declared):
        example = EXAMPLES[declared.key]
        scores = [declared.score(evidence) for evidence in (Evidence(), *example.false, example.true)]
        assert all(0 <= score <= 100 for score in scores)
        assert declared.score(example.true) >= max(60, declared.score(Evidence()))
        assert len({rule.code for rule in declared.fraud_rules}) == len(declared.fraud_rules)
