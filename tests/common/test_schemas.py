"""What the outside may say to us, and what we answer when it may not. The cases are those that plain pydantic lets through."""

from datetime import date
from typing import Annotated, get_args

import pytest
from django import forms
from pydantic import Field, ValidationError, field_validator
from pydantic_core.core_schema import ErrorType

from common.forms import SchemaForm
from common.korean import UNSURE, sentence_for
from common.schemas import FormWhole, Input, ShortText, Whole


class Order(Input):
    title: ShortText
    credits: Annotated[Whole, Field(ge=10, le=100_000)]
    tags: list[str] = Field(default=[], max_length=3)

    @field_validator("title")
    @classmethod
    def _no_shouting(cls, title: str) -> str:
        if title.isupper():
            raise ValueError("제목은 소문자로 적어 주세요.")
        return title


class FormOrder(Input):
    title: ShortText
    credits: Annotated[FormWhole, Field(ge=10, le=100_000)]


class OrderForm(SchemaForm):
    schema = FormOrder
    title = forms.CharField()
    credits = forms.CharField()


def sentences(schema, data):
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(data)
    return [(".".join(map(str, error["loc"])), sentence_for(error)) for error in caught.value.errors(include_url=False)]


class TestInput:
    def test_takes_what_is_right_and_strips_it(self):
        order = Order.model_validate({"title": "  봄 행사 ", "credits": 1000})
        assert (order.title, order.credits, order.tags) == ("봄 행사", 1000, [])

    @pytest.mark.parametrize(
        "credits, sentence",
        [
            (True, "숫자로 적어 주세요."),
            ("100", "숫자로 적어 주세요."),
            (1e3, "숫자로 적어 주세요."),
            (10.5, "숫자로 적어 주세요."),
            (None, "숫자로 적어 주세요."),
            (9, "10부터 적을 수 있어요."),
            (-5, "10부터 적을 수 있어요."),
            (100_001, "100,000까지 적을 수 있어요."),
            (10**30, "100,000까지 적을 수 있어요."),
        ],
    )
    def test_refuses_numbers_that_are_none_or_too_much(self, credits, sentence):
        assert sentences(Order, {"title": "봄", "credits": credits}) == [("credits", sentence)]

    @pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\x1bb", "a\x7fb", "a\x85b"])
    def test_refuses_letters_that_no_database_takes(self, text):
        assert sentences(Order, {"title": text, "credits": 10}) == [("", "사용할 수 없는 글자가 들어 있어요.")]
        assert sentences(Order, {"title": "봄", "credits": 10, "tags": [text]}) == [("", "사용할 수 없는 글자가 들어 있어요.")]
        assert sentences(Order, {"title": "봄", "credits": 10, text: 1}) == [("", "사용할 수 없는 글자가 들어 있어요.")]

    def test_keeps_newlines_and_makes_one_letter_of_its_parts(self):
        assert Order.model_validate({"title": "\u1107\u1169\u11b7\n행사\t!", "credits": 10}).title == "봄\n행사\t!"

    def test_refuses_what_it_does_not_know(self):
        assert sentences(Order, {"title": "봄", "credits": 10, "is_paid": True}) == [("is_paid", "알 수 없는 항목이에요.")]

    def test_refuses_what_is_nested_without_end(self):
        nested: list = []
        for _ in range(900):
            nested = [nested]
        assert sentences(Order, {"title": "봄", "credits": 10, "tags": nested}) == [("", "항목이 너무 깊게 겹쳐 있어요.")]

    def test_names_what_is_missing_and_what_is_too_long(self):
        assert sentences(Order, {"title": "가" * 101, "tags": ["1"] * 4}) == [
            ("title", "100자까지 적을 수 있어요."),
            ("credits", "꼭 필요한 항목이에요."),
            ("tags", "3개까지 넣을 수 있어요."),
        ]

    def test_says_the_sentence_of_a_rule_of_ours(self):
        assert sentences(Order, {"title": "SALE", "credits": 10}) == [("title", "제목은 소문자로 적어 주세요.")]

    def test_cannot_be_changed_afterwards(self):
        with pytest.raises(ValidationError):
            Order.model_validate({"title": "봄", "credits": 10}).credits = 20

    def test_never_quotes_the_input_in_an_error(self):
        with pytest.raises(ValidationError) as caught:
            Order.model_validate({"title": "봄", "credits": "010-1234-5678"})
        assert "1234" not in str(caught.value)


class TestALimitWithoutEffect:
    """Of two limits of one kind the later wins, and the type's own comes after that of `= Field(…)`."""

    @pytest.mark.parametrize(
        "kind, field, lost",
        [
            (Whole, Field(ge=10), "ge=10"),
            (Whole, Field(le=10), "le=10"),
            (FormWhole, Field(ge=1), "ge=1"),
            (ShortText, Field(max_length=5), "max_length=5"),
        ],
    )
    def test_is_refused_when_the_schema_is_made(self, kind, field, lost):
        with pytest.raises(TypeError, match=f"Loose.value: {lost} is lost to"):
            type("Loose", (Input,), {"__annotations__": {"value": kind}, "value": field, "__module__": __name__})

    def test_is_none_when_it_is_written_into_the_type(self):
        class Tight(Input):
            value: Annotated[Whole, Field(ge=10)]
            text: Annotated[ShortText, Field(max_length=5)]

        assert sentences(Tight, {"value": 9, "text": "여섯 글자요"}) == [
            ("value", "10부터 적을 수 있어요."),
            ("text", "5자까지 적을 수 있어요."),
        ]


class TestFormWhole:
    @pytest.mark.parametrize("text, number", [("1000", 1000), (" 1,000 ", 1000), ("100,000", 100_000), (50, 50)])
    def test_reads_how_people_write_numbers(self, text, number):
        assert FormOrder.model_validate({"title": "봄", "credits": text}).credits == number

    @pytest.mark.parametrize("text", ["1,2,3", "10,00", "1e3", "٣٠", "10.0", "0x10", "+10", "", "십", True, 10.0])
    def test_refuses_everything_else(self, text):
        assert sentences(FormOrder, {"title": "봄", "credits": text}) == [("credits", "숫자로 적어 주세요.")]


class TestSchemaForm:
    def test_gives_the_schema_instance(self):
        form = OrderForm({"title": " 봄 ", "credits": "1,000"})
        assert form.is_valid()
        assert form.value == FormOrder(title="봄", credits=1000)

    def test_puts_each_sentence_beside_its_field(self):
        form = OrderForm({"title": "", "credits": "9"})
        assert not form.is_valid()
        assert form.errors == {"title": ["꼭 필요한 항목이에요."], "credits": ["10부터 적을 수 있어요."]}

    def test_puts_the_rest_above_the_form(self):
        form = OrderForm({"title": "a\x01b", "credits": "10"})
        assert not form.is_valid()
        assert form.errors == {"__all__": ["사용할 수 없는 글자가 들어 있어요."]}


class TestTheCatalogue:
    @pytest.mark.parametrize("kind", get_args(ErrorType))
    def test_has_korean_words_for_every_kind_of_error(self, kind):
        names = "gt ge lt le multiple_of min_length max_length max_digits decimal_places whole_digits"
        sentence = sentence_for({"type": kind, "ctx": dict.fromkeys(names.split(), 3), "msg": "Input should be something"})
        assert any("가" <= letter <= "힣" for letter in sentence)
        assert sentence.endswith("요.")
        assert "{" not in sentence

    def test_is_honest_about_a_kind_it_has_never_met(self):
        assert sentence_for({"type": "brand_new", "msg": "Input should be new"}) == UNSURE

    def test_shows_limits_that_are_no_numbers(self):
        error = {"type": "greater_than_equal", "ctx": {"ge": date(2026, 11, 25)}, "msg": ""}
        assert sentence_for(error) == "2026-11-25부터 적을 수 있어요."
