"""Refusals of the REST API and of the browser script, in the shapes the callers know."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

# Source: PortOne API 1.16.0, error unions of the payment endpoints; the idempotency error is documented outside the schema.
STATUS_BY_TYPE = {
    "INVALID_REQUEST": 400,
    "PLATFORM_NOT_SUPPORTED_BANK": 400,
    "INVALID_PAYMENT_TOKEN": 400,
    "MAX_WEBHOOK_RETRY_COUNT_REACHED": 400,
    "NEGATIVE_PROMOTION_ADJUSTED_CANCEL_AMOUNT": 400,
    "PROMOTION_DISCOUNT_RETAIN_OPTION_SHOULD_NOT_BE_CHANGED": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "PAYMENT_NOT_FOUND": 404,
    "WEBHOOK_NOT_FOUND": 404,
    "BILLING_KEY_NOT_FOUND": 404,
    "IDENTITY_VERIFICATION_NOT_FOUND": 404,
    "PAYMENT_SCHEDULE_NOT_FOUND": 404,
    "ALREADY_PAID": 409,
    "BILLING_KEY_ALREADY_DELETED": 409,
    "INFORMATION_MISMATCH": 409,
    "PAYMENT_NOT_PAID": 409,
    "PAYMENT_ALREADY_CANCELLED": 409,
    "PAYMENT_NOT_WAITING_FOR_DEPOSIT": 409,
    "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN": 409,
    "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT": 409,
    "SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT": 409,
    "CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT": 409,
    "CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT": 409,
    "MAX_CANCEL_COUNT_REACHED": 409,
    "IDEMPOTENCY_OUTSTANDING_REQUEST": 409,
    "PG_PROVIDER": 502,
    "PLATFORM_EXTERNAL_API_TEMPORARILY_FAILED": 503,
}


class ApiError(Exception):
    """A refusal of the REST API. `type` decides the HTTP status."""

    def __init__(self, type: str, message: str = "", **extra: Any) -> None:
        super().__init__(type)
        self.type = type
        self.message = message
        self.extra = extra

    @property
    def status(self) -> int:
        """The documented HTTP status of this type."""
        return STATUS_BY_TYPE[self.type]

    def payload(self) -> dict[str, Any]:
        """`type` always, `message` when there is one, and what the type adds."""
        return {"type": self.type, **({"message": self.message} if self.message else {}), **self.extra}

    def response(self) -> JSONResponse:
        """The refusal as an HTTP answer."""
        return JSONResponse(self.payload(), status_code=self.status)


class BrowserError(Exception):
    """A refusal before the pay window opens; the browser script throws it as {code, message}."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
