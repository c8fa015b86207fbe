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
    "greater_than": "{gt:,}보다 커야 해요.",
    "greater_than_equal": "{ge:,}부터 적을 수 있어요.",
    "less_than": "{lt:,}보다 작아야 해요.",
    "less_than_equal": "{le:,}까지 적을 수 있어요.",
    "multiple_of": "{multiple_of:,} 단위로 적어 주세요.",
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
    "none_required": "비워 두어야 해요.",
    "text_not_clean": "사용할 수 없는 글자가 들어 있어요.",
    "value_error": "값을 다시 확인해 주세요.",
    "assertion_error": "값을 다시 확인해 주세요.",
}


def sentence_for(error: Mapping[str, Any]) -> str:
    """The Korean sentence for one pydantic error (an item of ValidationError.errors())."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind not in SENTENCES:
        message = str(error.get("msg", ""))
        # Our own PydanticCustomError carries its Korean sentence as the message.
        return message if any("가" <= letter <= "힣" for letter in message) else "값을 다시 확인해 주세요."
    return SENTENCES[kind].format(**context)
