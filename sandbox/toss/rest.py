"""Toss's REST API. Every operation is a plain function from a call to an answer; the wrapper knows HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.context import Sandbox, sandbox_of
from sandbox.toss import access, billing, cancels, idempotency, settlements, shapes, transitions
from sandbox.toss.clock import parse
from sandbox.toss.errors import TossError
from sandbox.toss.payments import Payment
from sandbox.toss.transitions import Wire

Body = TypeVar("Body", bound=BaseModel)
LONGEST_LIST = 5_000


class ConfirmBody(Wire):
    payment_key: str = Field(min_length=1, max_length=200)
    order_id: str = Field(pattern=r"^[A-Za-z0-9_-]{6,64}$")
    amount: int = Field(gt=0)


class RefundReceiveAccount(Wire):
    bank: str
    account_number: str
    holder_name: str


class CancelBody(Wire):
    cancel_reason: str = Field(min_length=1, max_length=200)
    cancel_amount: int | None = Field(default=None, gt=0)
    refundable_amount: int | None = Field(default=None, ge=0)
    refund_receive_account: RefundReceiveAccount | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read."""

    sandbox: Sandbox
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    base_url: str

    def read(self, model: type[Body]) -> Body:
        """
        The body as documented.

        :raises TossError: it is not.
        """
        try:
            return model.model_validate(self.body)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise TossError("INVALID_REQUEST", f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error

    def shown(self, payment: Payment) -> dict[str, Any]:
        """The payment object."""
        return shapes.payment(self.sandbox, payment, base_url=self.base_url)

    def payment(self) -> Payment:
        """The payment named in the path, deadlines applied."""
        with self.sandbox.book.write():
            return transitions.fresh(self.sandbox, self.path["payment_key"])


Operation = Callable[[Call], Any]


def confirm(call: Call) -> dict[str, Any]:
    body = call.read(ConfirmBody)
    return call.shown(transitions.confirm(call.sandbox, payment_key=body.payment_key, order_id=body.order_id, amount=body.amount))


def get_payment(call: Call) -> dict[str, Any]:
    return call.shown(call.payment())


def get_by_order(call: Call) -> dict[str, Any]:
    with call.sandbox.book.write():
        return call.shown(transitions.speaking(call.sandbox, call.path["order_id"]))


def cancel(call: Call) -> dict[str, Any]:
    body = call.read(CancelBody)
    back = body.refund_receive_account.model_dump(by_alias=True) if body.refund_receive_account else None
    payment = cancels.cancel(
        call.sandbox,
        call.payment(),
        reason=body.cancel_reason,
        amount=body.cancel_amount,
        believed=body.refundable_amount,
        receive_account=back,
    )
    return call.shown(payment)


def issue_card(call: Call) -> dict[str, Any]:
    return billing.issue(call.sandbox, call.read(billing.IssueBody))


def charge_card(call: Call) -> dict[str, Any]:
    return call.shown(billing.charge(call.sandbox, call.path["billing_key"], call.read(billing.ChargeBody)))


def delete_card(call: Call) -> None:
    billing.delete(call.sandbox, call.path["billing_key"])


def list_transactions(call: Call) -> list[dict[str, Any]]:
    """Movements in [startDate, endDate], oldest first, after `startingAfter` when it is given."""
    since, until = _moment(call, "startDate"), _moment(call, "endDate")
    limit = call.query.get("limit", "100")
    if not limit.isdigit() or not 1 <= int(limit) <= LONGEST_LIST:
        raise TossError("INVALID_REQUEST", "limit")
    rows = [(payment, moved) for payment, moved in settlements.movements(call.sandbox) if since <= parse(moved.at) <= until]
    after = call.query.get("startingAfter", "")
    place = next((number for number, (_, moved) in enumerate(rows, start=1) if moved.transaction_key == after), 0)
    return [shapes.transaction(call.sandbox, payment, moved) for payment, moved in rows[place : place + int(limit)]]


def list_settlements(call: Call) -> list[dict[str, Any]]:
    """Movements sold from startDate to endDate, days included, with their fees."""
    since, until = (call.query.get(name, "")[:10] for name in ("startDate", "endDate"))
    page, size = (call.query.get(name, default) for name, default in (("page", "1"), ("size", "100")))
    if not (page.isdigit() and size.isdigit() and int(page) >= 1 and 1 <= int(size) <= LONGEST_LIST and since and until):
        raise TossError("INVALID_REQUEST")
    rows = settlements.lines(call.sandbox, first=since, last=until)
    place = (int(page) - 1) * int(size)
    return rows[place : place + int(size)]


def _moment(call: Call, name: str) -> datetime:
    try:
        return parse(call.query.get(name, ""))
    except ValueError as error:
        raise TossError("INVALID_DATE", name) from error


def endpoint(operation: Operation) -> Callable[[Request], Any]:
    """Wrap an operation: who calls, what was said, once per key, and refusals in their documented shape."""

    async def answer(request: Request) -> Response:
        sandbox = sandbox_of(request)
        raw = await request.body()

        def work() -> Any:
            base_url = f"{request.url.scheme}://{request.url.netloc}"
            return operation(
                Call(
                    sandbox=sandbox,
                    path=dict(request.path_params),
                    query=dict(request.query_params),
                    body=_json(raw),
                    base_url=base_url,
                )
            )

        try:
            secret = access.require(sandbox, request.headers.get("authorization", ""))
            return await idempotency.once(
                sandbox,
                header=request.headers.get("idempotency-key"),
                secret=secret,
                method=request.method,
                path=request.url.path,
                working_seconds=getattr(request.state, "working_seconds", 0),
                work=_scripted(request.headers.get("tosspayments-test-code", ""), work),
            )
        except TossError as refusal:
            return refusal.response()

    return answer


def _scripted(code: str, work: Callable[[], Any]) -> Callable[[], Any]:
    """`TossPayments-Test-Code` answers with that error before anything is looked at."""
    if not code:
        return work

    def refuse() -> Any:
        raise TossError(code)

    return refuse


def _json(raw: bytes) -> Any:
    if not raw:
        return {}
    try:
        return json.loads(raw)
    except ValueError as error:
        raise TossError("INVALID_REQUEST", "the body is not JSON") from error


async def not_an_endpoint(request: Request) -> JSONResponse:
    """Whatever the sandbox does not speak."""
    return JSONResponse({"code": "NOT_FOUND", "message": f"no endpoint {request.method} {request.url.path}"}, status_code=404)


ROUTES = [
    Route("/v1/payments/confirm", endpoint(confirm), methods=["POST"]),
    Route("/v1/payments/orders/{order_id}", endpoint(get_by_order), methods=["GET"]),
    Route("/v1/payments/{payment_key}/cancel", endpoint(cancel), methods=["POST"]),
    Route("/v1/payments/{payment_key}", endpoint(get_payment), methods=["GET"]),
    Route("/v1/billing/authorizations/issue", endpoint(issue_card), methods=["POST"]),
    Route("/v1/billing/{billing_key}", endpoint(charge_card), methods=["POST"]),
    Route("/v1/billing/{billing_key}", endpoint(delete_card), methods=["DELETE"]),
    Route("/v1/transactions", endpoint(list_transactions), methods=["GET"]),
    Route("/v1/settlements", endpoint(list_settlements), methods=["GET"]),
    Route("/{rest:path}", not_an_endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]
