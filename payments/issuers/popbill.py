"""
Popbill (Linkhub) over plain HTTP: its SDK keeps one connection for the whole process and cannot be pointed at another address.

Source: PyPI popbill 1.64.2 and linkhub 1.6.0 (base.py, taxinvoiceService.py, cashbillService.py, linkhub.py).
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC
from typing import Any

import requests
from django.conf import settings

from common import clock
from common.provider import GatewayError, ProviderClient
from payments.issuers.base import Document, Issued, Original

AUTH_VERSION, API_VERSION = "2.0", "1.0"
SCOPES = ["member", "110", "140"]  # tax invoices, cash receipts
UNNAMED_BUYER = "0100001234"  # a cash receipt nobody asked for (자진발급)
CANCELLED_CONTRACT = 4  # why a minus invoice is written (수정사유: 계약의 해제)
NOT_FOUND = -11000005
CANCEL_OF_TRADE = 1


class Popbill:
    """Tax invoices and cash receipts, issued in the name of the company of the settings."""

    def __init__(self) -> None:
        self.corp = "".join(filter(str.isdigit, settings.COMPANY["business_number"]))
        self._auth = ProviderClient(name="popbill-auth", base_url=settings.POPBILL_AUTH_URL)
        self._api = ProviderClient(name="popbill", base_url=settings.POPBILL_BASE_URL, read_timeout=30)

    def issue(self, document: Document) -> Issued:
        if document.is_receipt and document.corrects:
            answer = self._post("/Cashbill", "REVOKEISSUE", _revoked(document, document.corrects))
        elif document.is_receipt:
            answer = self._post("/Cashbill", "ISSUE", _receipt(document))
        else:
            answer = self._post("/Taxinvoice", "ISSUE", _invoice(document, corp=self.corp))
        return Issued(document.key, str(answer.get("ntsConfirmNum") or answer.get("confirmNum") or ""))

    def find(self, document: Document) -> Issued | None:
        path = f"/Cashbill/{document.key}" if document.is_receipt else f"/Taxinvoice/SELL/{document.key}"
        try:
            answer = self._read(self._api.call("GET", path, headers=self._headers()))
        except GatewayError as refusal:
            if refusal.code == str(NOT_FOUND):
                return None
            raise
        return Issued(document.key, str(answer.get("ntsconfirmNum") or answer.get("confirmNum") or ""))

    def _post(self, path: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {**self._headers(), "X-HTTP-Method-Override": action, "Content-Type": "application/json; charset=utf8"}
        return self._read(self._api.call("POST", path, headers=headers, data=json.dumps(body, ensure_ascii=False).encode()))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}", "x-pb-version": API_VERSION}

    def _token(self) -> str:
        """
        A session for one call or two; nothing was issued yet when this fails.

        :raises GatewayError: always known=True.
        """
        path = f"/{settings.POPBILL_SERVICE}/Token"
        body = json.dumps({"access_id": self.corp, "scope": SCOPES})
        at = clock.real_now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        signed = "\n".join(["POST", digest, at, AUTH_VERSION, path])
        secret = base64.b64decode(settings.POPBILL_SECRET_KEY)
        signature = base64.b64encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest()).decode()
        headers = {
            "Authorization": f"LINKHUB {settings.POPBILL_LINK_ID} {signature}", "x-lh-date": at, "x-lh-version": AUTH_VERSION,
            "Content-Type": "Application/json",
        }  # fmt: skip
        try:
            return str(self._read(self._auth.call("POST", path, headers=headers, data=body))["session_token"])
        except GatewayError as refusal:
            raise GatewayError(known=True, code=f"AUTH {refusal.code}"[:60], status=refusal.status) from refusal
        except KeyError:
            raise GatewayError(known=True, code="AUTH UNREADABLE") from None

    def _read(self, response: requests.Response) -> dict[str, Any]:
        """:raises GatewayError: known=True with the company's own code; known=False when the answer cannot be read."""
        try:
            said = response.json()
        except requests.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            raise GatewayError(known=False, code="UNREADABLE", status=response.status_code)
        if response.status_code == 200:
            return said
        known = 400 <= response.status_code < 500 and isinstance(said.get("code"), int)
        raise GatewayError(known=known, code=str(said.get("code", "UNREADABLE"))[:60], status=response.status_code)


def _invoice(document: Document, *, corp: str) -> dict[str, Any]:
    """정발행, 과세, 정과금. Sums are texts there."""
    company, buyer = settings.COMPANY, document.buyer
    supply, vat, total = str(document.supply_krw), str(document.vat_krw), str(document.total_krw)
    body: dict[str, Any] = {
        "writeDate": f"{document.written_on:%Y%m%d}", "chargeDirection": "정과금", "issueType": "정발행", "purposeType": "영수",
        "taxType": "과세", "invoicerCorpNum": corp, "invoicerMgtKey": document.key, "invoicerCorpName": company["name"],
        "invoicerCEOName": company["representative"], "invoicerAddr": company["address"], "invoicerEmail": company["email"],
        "invoiceeType": "사업자", "invoiceeCorpNum": buyer.number, "invoiceeCorpName": buyer.name,
        "invoiceeCEOName": buyer.representative, "invoiceeAddr": buyer.address, "invoiceeEmail1": buyer.email,
        "supplyCostTotal": supply, "taxTotal": vat, "totalAmount": total,
        "detailList": [{"serialNum": 1, "purchaseDT": f"{document.written_on:%Y%m%d}", "itemName": document.item, "qty": "1",
                        "supplyCost": supply, "tax": vat}],
    }  # fmt: skip
    if document.corrects:
        body |= {"modifyCode": CANCELLED_CONTRACT, "orgNTSConfirmNum": document.corrects.number}
    return body


def _receipt(document: Document) -> dict[str, Any]:
    """For a business by its number (지출증빙), for a person without one."""
    number = document.buyer.number
    return {
        "mgtKey": document.key, "tradeType": "승인거래", "tradeUsage": "지출증빙용" if number else "소득공제용", "taxationType": "과세",
        "totalAmount": str(document.total_krw), "supplyCost": str(document.supply_krw), "tax": str(document.vat_krw), "serviceFee": "0",
        "identityNum": number or UNNAMED_BUYER, "customerName": document.buyer.name, "itemName": document.item,
        "email": document.buyer.email,
        "franchiseCorpName": settings.COMPANY["name"], "franchiseCEOName": settings.COMPANY["representative"],
    }  # fmt: skip


def _revoked(document: Document, original: Original) -> dict[str, Any]:
    """An earlier receipt, or a part of it, taken back; its amounts are positive there."""
    return {
        "mgtKey": document.key, "orgConfirmNum": original.number, "orgTradeDate": f"{original.on:%Y%m%d}",
        "isPartCancel": -document.total_krw < original.total_krw, "cancelType": CANCEL_OF_TRADE, "serviceFee": "0",
        "supplyCost": str(-document.supply_krw), "tax": str(-document.vat_krw), "totalAmount": str(-document.total_krw),
    }  # fmt: skip
