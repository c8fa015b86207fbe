"""PortOne's identity verification: opening the window, and `GET /identity-verifications/{id}`."""

from __future__ import annotations

from typing import Any

from sandbox.context import Sandbox
from sandbox.identity import people
from sandbox.portone.checkout import Page, Wire
from sandbox.portone.errors import ApiError, BrowserError

LEFT = ("SB02", "사용자가 창을 닫았습니다.")


class InicisUnified(Wire):
    flg_fixed_user: str


class Bypass(Wire):
    inicis_unified: InicisUnified


class Request(Wire):
    """The argument of `PortOne.requestIdentityVerification`."""

    store_id: str
    channel_key: str
    identity_verification_id: str
    redirect_url: str | None = None
    bypass: Bypass


def open_window(sandbox: Sandbox, *, request: dict[str, Any], page: Page) -> dict[str, Any]:
    """
    Begin a try.

    :raises BrowserError: as the script throws it.   :raises pydantic.ValidationError: not a request.
    """
    wish = Request.model_validate(request)
    if wish.store_id != sandbox.settings.store_id:
        raise BrowserError("StoreNotFound", "no such store")
    if wish.channel_key != sandbox.settings.identity_channel.key:
        raise BrowserError("ChannelNotFound", "no such channel")
    try:
        return people.open_try(
            sandbox.book,
            ref=wish.identity_verification_id,
            provider="PORTONE",
            redirect_url=wish.redirect_url if page.redirects else None,
            page_origin=page.origin,
        )
    except ValueError:
        raise BrowserError("IdentityVerificationAlreadyVerified", "verified already") from None


def browser_result(doc: dict[str, Any]) -> dict[str, str]:
    """What the script resolves to; the same names travel on a redirect."""
    result = {
        "transactionType": "IDENTITY_VERIFICATION",
        "identityVerificationId": doc["ref"],
        "identityVerificationTxId": f"tx-{doc['ref']}",
    }
    if doc["status"] == "VERIFIED":
        return result
    return {**result, "code": "FAILURE_TYPE_PG", "message": LEFT[1], "pgCode": LEFT[0], "pgMessage": LEFT[1]}


def shown(sandbox: Sandbox, ref: str) -> dict[str, Any]:
    """
    The object of the REST API: honest, then bent by what control put over it.

    :raises ApiError: no such try.
    """
    doc = people.get(sandbox.book, ref)
    if doc is None or doc["provider"] != "PORTONE":
        raise ApiError("IDENTITY_VERIFICATION_NOT_FOUND")
    answer: dict[str, Any] = {
        "status": doc["status"],
        "id": doc["ref"],
        "channel": sandbox.settings.identity_channel.wire(),
        "requestedAt": doc["opened_at"],
        "updatedAt": doc["changed_at"],
        "statusChangedAt": doc["changed_at"],
        "version": "V2",
    }
    if doc["status"] == "VERIFIED":
        answer |= {"verifiedCustomer": _customer(doc["person"]), "verifiedAt": doc["changed_at"], "pgTxId": f"INISA_{ref}"}
        answer |= {"pgRawResponse": "{}"}
    else:
        answer["requestedCustomer"] = {}
    if doc["status"] == "FAILED":
        answer["failure"] = {"reason": LEFT[1], "pgCode": LEFT[0], "pgMessage": LEFT[1]}
    return {**answer, **doc.get("answer", {})}


def _customer(name: str) -> dict[str, Any]:
    who = people.PEOPLE[name]
    known = {
        "name": who.name,
        "phoneNumber": who.phone,
        "birthDate": f"{who.birth[:4]}-{who.birth[4:6]}-{who.birth[6:]}",
        "gender": "FEMALE" if who.gender == "F" else "MALE",
        "isForeigner": who.is_foreigner,
    }
    return {**known, "ci": who.ci} if who.has_ci else known
