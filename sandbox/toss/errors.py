"""Refusals of the API and of the browser script, in the shape the callers know."""

from __future__ import annotations

from starlette.responses import JSONResponse

# Source: Toss Payments error codes by endpoint. What is missing here is a 400.
STATUS_BY_CODE = {
    "UNAUTHORIZED_KEY": 401,
    "INCORRECT_BASIC_AUTH_FORMAT": 403,
    "FORBIDDEN_REQUEST": 403,
    "FORBIDDEN_CONSECUTIVE_REQUEST": 403,
    "NOT_CANCELABLE_AMOUNT": 403,
    "NOT_CANCELABLE_PAYMENT": 403,
    "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT": 403,
    "EXCEED_MAX_REFUND_DUE": 403,
    "REJECT_CARD_PAYMENT": 403,
    "REJECT_ACCOUNT_PAYMENT": 403,
    "REJECT_CARD_COMPANY": 403,
    "EXCEED_MAX_AMOUNT": 403,
    "NOT_FOUND": 404,
    "NOT_FOUND_PAYMENT": 404,
    "NOT_FOUND_PAYMENT_SESSION": 404,
    "IDEMPOTENT_REQUEST_PROCESSING": 409,
    "TOO_MANY_REQUESTS": 429,
    "FAILED_INTERNAL_SYSTEM_PROCESSING": 500,
    "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING": 500,
    "FAILED_METHOD_HANDLING_CANCEL": 500,
    "FAILED_REFUND_PROCESS": 500,
    "FAILED_DB_PROCESSING": 500,
    "COMMON_ERROR": 500,
    "UNKNOWN_PAYMENT_ERROR": 500,
}
MESSAGES = {
    "NOT_FOUND_PAYMENT": "존재하지 않는 결제 입니다.",
    "NOT_FOUND_PAYMENT_SESSION": "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다.",
    "ALREADY_PROCESSED_PAYMENT": "이미 처리된 결제 입니다.",
    "ALREADY_CANCELED_PAYMENT": "이미 취소된 결제 입니다.",
    "NOT_CANCELABLE_AMOUNT": "취소 할 수 없는 금액 입니다.",
    "NOT_CANCELABLE_PAYMENT": "취소 할 수 없는 결제 입니다.",
    "NOT_MATCHES_REFUNDABLE_AMOUNT": "잔액 결과가 일치하지 않습니다.",
    "FORBIDDEN_REQUEST": "허용되지 않은 요청입니다.",
    "UNAUTHORIZED_KEY": "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다.",
    "PROVIDER_ERROR": "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요.",
    "REJECT_CARD_PAYMENT": "한도초과 혹은 잔액부족으로 결제에 실패했습니다.",
    "REJECT_CARD_COMPANY": "결제 승인이 거절되었습니다.",
    "PAY_PROCESS_CANCELED": "사용자에 의해 결제가 취소되었습니다.",
    "PAY_PROCESS_ABORTED": "결제 진행 중 승인에 실패하여 결제가 중단되었습니다.",
}


class TossError(Exception):
    """A refusal. `code` decides the HTTP status."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES.get(code, "요청을 처리하지 못했습니다.")

    @property
    def status(self) -> int:
        """The documented HTTP status of this code."""
        return STATUS_BY_CODE.get(self.code, 400)

    def payload(self) -> dict[str, str]:
        """`code` and `message`, as for every failure."""
        return {"code": self.code, "message": self.message}

    def response(self) -> JSONResponse:
        """The refusal as an HTTP answer."""
        return JSONResponse(self.payload(), status_code=self.status)
