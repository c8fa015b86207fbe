"""One catalogue of Korean sentences for every kind of validation error, used by forms and by both JSON APIs."""

from collections.abc import Mapping
from typing import Any

# Keys are pydantic-core error types. Values may name the error's context keys.
SENTENCES: dict[str, str] = {
    "missing": "꼭 필요한 항목이에요.",
    "extra_forbidden": "알 수 없는 항목이에요.",
    "int_type": "숫자로 적어 주세요.",
    "int_parsing": "숫자로 적어 주세요.",
    "int_parsing_size": "숫자가 너무 커요.",
    "int_from_float": "소수점 없이 적어 주세요.",
    "string_type": "글자로 적어 주세요.",
    "string_unicode": "사용할 수 없는 글자가 들어 있어요.",
    "string_too_short": "{min_length}자 이상 적어 주세요.",
    "string_too_long": "{max_length}자까지 적을 수 있어요.",
    "string_pattern_mismatch": "형식에 맞게 적어 주세요.",
    "bool_type": "예 또는 아니요로 골라 주세요.",
    "bool_parsing": "예 또는 아니요로 골라 주세요.",
    "greater_than": "{gt}보다 커야 해요.",
    "greater_than_equal": "{ge}부터 적을 수 있어요.",
    "less_than": "{lt}보다 작아야 해요.",
    "less_than_equal": "{le}까지 적을 수 있어요.",
    "multiple_of": "{multiple_of} 단위로 적어 주세요.",
    "enum": "고를 수 있는 값이 아니에요.",
    "literal_error": "고를 수 있는 값이 아니에요.",
    "uuid_type": "번호 형식이 맞지 않아요.",
    "uuid_parsing": "번호 형식이 맞지 않아요.",
    "uuid_version": "번호 형식이 맞지 않아요.",
    "date_type": "날짜를 적어 주세요.",
    "date_parsing": "날짜를 적어 주세요.",
    "date_from_datetime_parsing": "날짜를 적어 주세요.",
    "date_from_datetime_inexact": "날짜를 적어 주세요.",
    "datetime_type": "날짜와 시각을 적어 주세요.",
    "datetime_parsing": "날짜와 시각을 적어 주세요.",
    "datetime_from_date_parsing": "날짜와 시각을 적어 주세요.",
    "timezone_aware": "시간대가 있는 시각이 필요해요.",
    "url_type": "주소를 적어 주세요.",
    "url_parsing": "주소 형식이 맞지 않아요.",
    "url_scheme": "https 주소만 쓸 수 있어요.",
    "list_type": "목록이 필요해요.",
    "too_long": "{max_length}개까지 넣을 수 있어요.",
    "too_short": "{min_length}개 이상 필요해요.",
    "dict_type": "항목 묶음이 필요해요.",
    "model_type": "항목 묶음이 필요해요.",
    "model_attributes_type": "항목 묶음이 필요해요.",
    "json_invalid": "JSON 형식이 아니에요.",
    "json_type": "JSON 형식이 아니에요.",
    "float_type": "숫자로 적어 주세요.",
    "float_parsing": "숫자로 적어 주세요.",
    "finite_number": "숫자로 적어 주세요.",
    "decimal_type": "숫자로 적어 주세요.",
    "decimal_parsing": "숫자로 적어 주세요.",
    "decimal_max_digits": "숫자는 {max_digits}자리까지 적을 수 있어요.",
    "decimal_max_places": "소수점 아래는 {decimal_places}자리까지 적을 수 있어요.",
    "decimal_whole_digits": "소수점 위는 {whole_digits}자리까지 적을 수 있어요.",
    "string_not_ascii": "영문, 숫자, 기호로 적어 주세요.",
    "date_past": "지난 날짜를 골라 주세요.",
    "date_future": "앞으로 올 날짜를 골라 주세요.",
    "datetime_past": "지난 시각을 골라 주세요.",
    "datetime_future": "앞으로 올 시각을 골라 주세요.",
    "datetime_object_invalid": "날짜와 시각을 적어 주세요.",
    "timezone_naive": "시간대 없는 시각이 필요해요.",
    "timezone_offset": "시간대를 다시 확인해 주세요.",
    "time_type": "시각을 적어 주세요.",
    "time_parsing": "시각을 적어 주세요.",
    "time_delta_type": "기간을 적어 주세요.",
    "time_delta_parsing": "기간을 적어 주세요.",
    "url_syntax_violation": "주소 형식이 맞지 않아요.",
    "url_too_long": "주소는 {max_length}자까지 적을 수 있어요.",
    "tuple_type": "목록이 필요해요.",
    "set_type": "목록이 필요해요.",
    "frozen_set_type": "목록이 필요해요.",
    "iterable_type": "목록이 필요해요.",
    "union_tag_invalid": "고를 수 있는 값이 아니에요.",
    "union_tag_not_found": "종류를 골라 주세요.",
    "invalid_key": "항목 이름이 올바르지 않아요.",
    "none_required": "비워 두어야 해요.",
    "too_deep": "항목이 너무 깊게 겹쳐 있어요.",
    "text_not_clean": "사용할 수 없는 글자가 들어 있어요.",
    "value_error": "값을 다시 확인해 주세요.",
    "assertion_error": "값을 다시 확인해 주세요.",
}


UNSURE = "값을 다시 확인해 주세요."


def sentence_for(error: Mapping[str, Any]) -> str:
    """
    The Korean sentence for one pydantic error (an item of ValidationError.errors()).

    A validator of ours that raises ValueError("…요.") or PydanticCustomError says its own sentence.
    """
    kind, context = error["type"], error.get("ctx") or {}
    own = str(context.get("error", "")) if kind in ("value_error", "assertion_error") else str(error.get("msg", ""))
    if (kind not in SENTENCES or kind in ("value_error", "assertion_error")) and _is_korean(own):
        return own
    return SENTENCES.get(kind, UNSURE).format(**{name: _shown(value) for name, value in context.items()})


def _is_korean(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


def _shown(value: Any) -> str:
    """A limit as it stands in a sentence: whole numbers with separators, the rest as it is."""
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
