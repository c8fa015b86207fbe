"""PortOne's REST API. Every operation is a plain function from a call to an answer; the wrapper knows HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.context import Sandbox, sandbox_of
from sandbox.identity import portone as identity
from sandbox.portone import access, banks, billing, cancels, holders, idempotency, listing, shapes, transitions
from sandbox.portone.attempts import TAKEN, Attempt, Attempts
from sandbox.portone.bodies import CancelBody, ConfirmBody, LoginBody, PreRegisterBody, RefreshBody, ResendBody
from sandbox.portone.errors import ApiError
from sandbox.portone.webhooks import MAX_RESENDS, wire

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read."""

    sandbox: Sandbox
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    base_url: str

    def read(self, model: type[Body]) -> Body:
        """The body as documented, after checking that it names no other store."""
        body = model.model_validate(self.body)
        access.require_store(self.sandbox, getattr(body, "store_id", None))
        return body

    @property
    def attempts(self) -> Attempts:
        """The book's attempts."""
        return Attempts(self.sandbox.book)

    def payment(self) -> Attempt:
        """The payment named in the path."""
        access.require_store(self.sandbox, self.query.get("storeId"))
        found = self.attempts.payment(self.path["payment_id"])
        if found is None:
            raise ApiError("PAYMENT_NOT_FOUND")
        return found


Operation = Callable[[Call], dict[str, Any]]


def get_payment(call: Call) -> dict[str, Any]:
    return shapes.payment(call.sandbox, call.payment(), base_url=call.base_url)


def get_transactions(call: Call) -> dict[str, Any]:
    call.payment()
    group = call.attempts.of_payment(call.path["payment_id"])
    return {"items": [shapes.transaction(call.sandbox, attempt, base_url=call.base_url) for attempt in group]}


def list_payments(call: Call) -> dict[str, Any]:
    body = call.read(listing.ListBody)
    access.require_store(call.sandbox, body.filter.store_id)
    found, total = listing.page(call.sandbox, body)
    return {
        "items": [shapes.payment(call.sandbox, attempt, base_url=call.base_url) for attempt in found],
        "page": {"number": body.page.number, "size": body.page.size, "totalCount": total},
    }


def list_by_cursor(call: Call) -> dict[str, Any]:
    found = listing.after_cursor(call.sandbox, call.read(listing.CursorBody))
    return {
        "items": [{"payment": shapes.payment(call.sandbox, attempt, base_url=call.base_url), "cursor": cursor} for attempt, cursor in found]
    }


def cancel(call: Call) -> dict[str, Any]:
    body = call.read(CancelBody)
    made = cancels.cancel(
        call.sandbox,
        call.path["payment_id"],
        reason=body.reason,
        amount=body.amount,
        tax_free=body.tax_free_amount,
        vat=body.vat_amount,
        believed=body.current_cancellable_amount,
        skip_webhook=body.skip_webhook,
        has_account=body.refund_account is not None,
    )
    return {"cancellation": cancels.wire(made)}


def pre_register(call: Call) -> dict[str, Any]:
    body = call.read(PreRegisterBody)
    payment_id = call.path["payment_id"]
    earlier = call.attempts.payment(payment_id)
    if earlier is not None and earlier.status in TAKEN:
        raise ApiError("ALREADY_PAID")
    pinned = body.model_dump(by_alias=True, exclude_none=True, exclude={"store_id"})
    with call.sandbox.book.write():
        call.sandbox.book.run(
            "INSERT INTO registrations VALUES (?, ?) ON CONFLICT (payment_id) DO UPDATE SET doc = excluded.doc",
            payment_id,
            json.dumps(pinned),
        )
    return {}


def confirm(call: Call) -> dict[str, Any]:
    body = call.read(ConfirmBody)
    attempt = transitions.confirm(
        call.sandbox,
        call.path["payment_id"],
        token=body.payment_token,
        transaction_id=body.tx_id,
        currency=body.currency,
        total=body.total_amount,
        tax_free=body.tax_free_amount,
        is_test=body.is_test,
        skip_webhook=body.skip_webhook,
    )
    return {"pgTxId": attempt.pg_tx_id, "paidAt": attempt.paid_at or attempt.status_changed_at}


def close_virtual_account(call: Call) -> dict[str, Any]:
    access.require_store(call.sandbox, call.query.get("storeId"))
    return {"closedAt": transitions.close_account(call.sandbox, call.path["payment_id"])}


def resend_webhook(call: Call) -> dict[str, Any]:
    body = call.read(ResendBody)
    with call.sandbox.book.write():
        call.payment()
        deliveries = call.sandbox.webhooks.listed(call.path["payment_id"])
        wanted = [delivery for delivery in deliveries if body.webhook_id in (None, delivery.webhook_id)]
        if not wanted:
            raise ApiError("WEBHOOK_NOT_FOUND")
        if wanted[-1].resends >= MAX_RESENDS:
            raise ApiError("MAX_WEBHOOK_RETRY_COUNT_REACHED")
        call.sandbox.webhooks.resend(wanted[-1])
    return {"webhook": wire(wanted[-1])}


def login(call: Call) -> dict[str, Any]:
    return dict(access.login(call.sandbox, call.read(LoginBody).api_secret))


def refresh(call: Call) -> dict[str, Any]:
    return dict(access.refresh(call.sandbox, call.read(RefreshBody).refresh_token))


def get_banks(call: Call) -> dict[str, Any]:
    return dict(banks.listed())


def get_account_holder(call: Call) -> dict[str, Any]:
    return dict(holders.holder(call.path["bank"], call.path["number"]))


def get_identity_verification(call: Call) -> dict[str, Any]:
    return identity.shown(call.sandbox, call.path["id"])


def get_card(call: Call) -> dict[str, Any]:
    access.require_store(call.sandbox, call.query.get("storeId"))
    return billing.shown(call.sandbox, call.path["billing_key"])


def delete_card(call: Call) -> dict[str, Any]:
    access.require_store(call.sandbox, call.query.get("storeId"))
    return billing.delete(call.sandbox, call.path["billing_key"])


def charge_card(call: Call) -> dict[str, Any]:
    return billing.charge(call.sandbox, call.path["payment_id"], call.read(billing.ChargeBody))


def nothing_of_that_kind(type: str) -> Operation:
    """For things the sandbox keeps no book of yet: truthfully, there is none with that id."""

    def answer(call: Call) -> dict[str, Any]:
        raise ApiError(type)

    return answer


def endpoint(operation: Operation, *, public: bool = False) -> Callable[[Request], Any]:
    """Wrap an operation: who calls, what was said, once per key, and refusals in their documented shape."""

    async def answer(request: Request) -> Response:
        sandbox = sandbox_of(request)
        raw = await request.body()

        def work() -> dict[str, Any]:
            try:
                return operation(
                    Call(
                        sandbox=sandbox,
                        path=dict(request.path_params),
                        query=dict(request.query_params),
                        body=_body(request, raw),
                        base_url=f"{request.url.scheme}://{request.url.netloc}",
                    )
                )
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                raise ApiError("INVALID_REQUEST", f"{place}: {first['msg']}") from error

        try:
            if not public:
                access.require(sandbox, request.headers.get("authorization", ""))
            return await idempotency.once(
                sandbox,
                header=request.headers.get("idempotency-key"),
                method=request.method,
                path=request.url.path,
                body=raw,
                working_seconds=getattr(request.state, "working_seconds", 0),
                work=work,
            )
        except ApiError as refusal:
            return refusal.response()

    return answer


def _body(request: Request, raw: bytes) -> Any:
    """The JSON body; a GET may carry it as `requestBody` in the query instead."""
    text: bytes | str = raw
    if request.method == "GET" and not raw:
        text = request.query_params.get("requestBody", "")
    if not text:
        return {}
    try:
        return json.loads(text)
    except ValueError as error:
        raise ApiError("INVALID_REQUEST", "the body is not JSON") from error


async def not_an_endpoint(request: Request) -> JSONResponse:
    """Whatever the sandbox does not speak."""
    return JSONResponse({"message": f"no endpoint {request.method} {request.url.path}"}, status_code=404)


ROUTES = [
    Route("/login/api-secret", endpoint(login, public=True), methods=["POST"]),
    Route("/token/refresh", endpoint(refresh, public=True), methods=["POST"]),
    Route("/banks", endpoint(get_banks, public=True), methods=["GET"]),
    Route("/payments", endpoint(list_payments), methods=["GET"]),
    Route("/payments-by-cursor", endpoint(list_by_cursor), methods=["GET"]),
    Route("/payments/{payment_id:path}/transactions", endpoint(get_transactions), methods=["GET"]),
    Route("/payments/{payment_id:path}/cancel", endpoint(cancel), methods=["POST"]),
    Route("/payments/{payment_id:path}/pre-register", endpoint(pre_register), methods=["POST"]),
    Route("/payments/{payment_id:path}/confirm", endpoint(confirm), methods=["POST"]),
    Route("/payments/{payment_id:path}/virtual-account/close", endpoint(close_virtual_account), methods=["POST"]),
    Route("/payments/{payment_id:path}/resend-webhook", endpoint(resend_webhook), methods=["POST"]),
    Route("/payments/{payment_id:path}/billing-key", endpoint(charge_card), methods=["POST"]),
    Route("/payments/{payment_id:path}/schedule", endpoint(nothing_of_that_kind("BILLING_KEY_NOT_FOUND")), methods=["POST"]),
    Route("/payments/{payment_id:path}", endpoint(get_payment), methods=["GET"]),
    Route("/billing-keys/{billing_key}", endpoint(get_card), methods=["GET"]),
    Route("/billing-keys/{billing_key}", endpoint(delete_card), methods=["DELETE"]),
    Route("/identity-verifications/{id}", endpoint(get_identity_verification), methods=["GET"]),
    Route("/platform/bank-accounts/{bank}/{number}/holder", endpoint(get_account_holder), methods=["GET"]),
    Route("/{rest:path}", not_an_endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]
