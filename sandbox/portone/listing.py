"""Lists of payments: pages with a filter, and the cursor for collecting everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from sandbox.clock import parse_instant
from sandbox.context import Sandbox
from sandbox.portone.attempts import Attempt, Attempts
from sandbox.portone.checkout import Wire
from sandbox.portone.errors import ApiError

Instant = Annotated[datetime, BeforeValidator(lambda value: parse_instant(value) if isinstance(value, str) else value)]
Status = Literal["READY", "PENDING", "VIRTUAL_ACCOUNT_ISSUED", "PAID", "FAILED", "PARTIAL_CANCELLED", "CANCELLED"]
WINDOW = timedelta(days=90)
DEEPEST_ROW = 60_000
MAX_CURSOR_SIZE = 1_000


class TextSearch(Wire):
    field: str
    value: str


class Filter(Wire):
    """A documented filter that is missing here is refused: ignoring it would answer another question."""

    model_config = ConfigDict(extra="forbid")

    store_id: str | None = None
    timestamp_type: Literal["CREATED_AT", "STATUS_CHANGED_AT"] = "STATUS_CHANGED_AT"
    from_: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    status: list[Status] | None = None
    methods: list[str] | None = None
    pg_provider: list[str] | None = None
    is_test: bool | None = None
    version: Literal["V1", "V2"] | None = None
    currency: str | None = None
    sort_by: Literal["REQUESTED_AT", "STATUS_CHANGED_AT"] = "STATUS_CHANGED_AT"
    sort_order: Literal["ASC", "DESC"] = "DESC"
    text_search: list[TextSearch] | None = None


class PageInput(Wire):
    number: int = Field(default=0, ge=0)
    size: int = Field(default=10, ge=1)


class ListBody(Wire):
    page: PageInput = PageInput()
    filter: Filter = Filter()


class CursorBody(Wire):
    store_id: str | None = None
    from_: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    cursor: str | None = None
    size: int = Field(default=10, ge=1, le=MAX_CURSOR_SIZE)


def page(sandbox: Sandbox, body: ListBody) -> tuple[list[Attempt], int]:
    """
    One page, and how many payments match in all. A page past the end is empty.

    :raises ApiError: the page lies deeper than the API reaches.
    """
    number, size = body.page.number, body.page.size
    if (number + 1) * size > DEEPEST_ROW:
        raise ApiError("INVALID_REQUEST", "page is too deep")
    found = [attempt for attempt in Attempts(sandbox.book).payments() if _matches(attempt, body.filter)]
    found.sort(
        key=lambda attempt: attempt.requested_at if body.filter.sort_by == "REQUESTED_AT" else attempt.status_changed_at,
        reverse=body.filter.sort_order == "DESC",
    )
    return found[number * size : (number + 1) * size], len(found)


def after_cursor(sandbox: Sandbox, body: CursorBody) -> list[tuple[Attempt, str]]:
    """
    Payments by time of creation, each with the cursor that continues after it.

    :raises ApiError: the cursor is not one of ours.
    """
    until = body.until or datetime.now(UTC)
    since = body.from_ or until - WINDOW
    payments = list(enumerate(Attempts(sandbox.book).payments(), start=1))
    try:
        place = int(body.cursor) if body.cursor else 0
    except ValueError as error:
        raise ApiError("INVALID_REQUEST", "unknown cursor") from error
    chosen = [
        (attempt, str(number)) for number, attempt in payments if number > place and since <= parse_instant(attempt.requested_at) <= until
    ]
    return chosen[: body.size]


def _matches(attempt: Attempt, wanted: Filter) -> bool:
    until = wanted.until or datetime.now(UTC)
    since = wanted.from_ or until - WINDOW
    stamp = attempt.requested_at if wanted.timestamp_type == "CREATED_AT" else attempt.status_changed_at
    if not since <= parse_instant(stamp) <= until:
        return False
    status = "PENDING" if attempt.status == "PAY_PENDING" else attempt.status
    facts = {
        "PAYMENT_ID": attempt.payment_id,
        "TX_ID": attempt.transaction_id,
        "PG_TX_ID": attempt.pg_tx_id or "",
        "ORDER_NAME": attempt.order_name,
        "CUSTOMER_NAME": attempt.customer.get("name", ""),
        "CUSTOMER_EMAIL": attempt.customer.get("email", ""),
        "CUSTOMER_PHONE_NUMBER": attempt.customer.get("phoneNumber", ""),
        "CARD_APPROVAL_NUMBER": (attempt.method or {}).get("approvalNumber", ""),
        "PG_MERCHANT_ID": attempt.channel["pgMerchantId"],
    }
    checks = (
        wanted.status is None or status in wanted.status,
        wanted.methods is None or attempt.pay_method in wanted.methods,
        wanted.pg_provider is None or attempt.channel["pgProvider"] in wanted.pg_provider,
        wanted.is_test is None or wanted.is_test == (attempt.channel["type"] == "TEST"),
        wanted.version in (None, "V2"),
        wanted.currency in (None, attempt.currency),
        all(
            any(search.value in fact for name, fact in facts.items() if search.field in ("ALL", name))
            for search in wanted.text_search or []
        ),
    )
    return all(checks)
