"""
How the JSON doors say no: `{code, message, detail}` with a stable code and a Korean sentence, whoever refuses.

Doors of django-ninja come here through `config.api`, Django's own error views and the address that knows no such method directly.
"""

from typing import Any

from django.http import HttpRequest, JsonResponse

from common.errors import DomainError

API_PREFIX = "/api/"
BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("common.unreadable", "요청을 읽을 수 없어요. JSON 형식을 확인해 주세요."),
    401: ("common.sign_in", "먼저 로그인해 주세요."),
    403: ("common.forbidden", "이 일을 할 권한이 없어요."),
    404: ("common.not_found", "찾는 것이 없어요."),
    405: ("common.method", "이 주소에서는 할 수 없는 요청이에요."),
    413: ("common.too_large", "요청이 너무 커요."),
    422: ("common.invalid", "입력한 값을 확인해 주세요."),
    429: ("common.too_many", "요청이 너무 잦아요. 잠시 뒤 다시 시도해 주세요."),
    500: ("common.failed", "문제가 생겼어요. 잠시 뒤 다시 시도해 주세요."),
    503: ("common.unavailable", "지금은 처리할 수 없어요. 잠시 뒤 다시 시도해 주세요."),
}


def is_for(request: HttpRequest) -> bool:
    """True when whoever asked reads JSON."""
    return request.path_info.startswith(API_PREFIX)


def by_status(status: int, *, detail: Any = None) -> JsonResponse:
    """The refusal of a status that no domain rule stands behind."""
    code, message = BY_STATUS.get(status, BY_STATUS[500])
    return _answer(status, code, message, detail)


def of(refusal: DomainError) -> JsonResponse:
    """A domain refusal: its own code and sentence, its facts as the detail."""
    return _answer(refusal.http_status, refusal.code, str(refusal), refusal.context or None)


def _answer(status: int, code: str, message: str, detail: Any) -> JsonResponse:
    body = {"code": code, "message": message, "detail": detail}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
