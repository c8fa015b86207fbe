"""The pay window of the card company, the page that hands its result back, and the receipt."""

from __future__ import annotations

import json
from html import escape

from sandbox.pages.layout import document, moment, money
from sandbox.portone.attempts import Attempt
from sandbox.portone.transitions import CARDS

MERCHANT = "부스트"
INSTALMENT_FROM_KRW = 50_000
MONTHS = (0, 2, 3, 4, 5, 6)


def bridge() -> str:
    """The hidden page through which the browser script talks to us."""
    return document(title="PortOne", body='<script src="/static/bridge.js"></script>')


def pay(attempt: Attempt) -> str:
    """The window of an attempt: to be decided, refused by the PG, or already over."""
    if attempt.status == "READY" and attempt.payment_token is None:
        body = _choices(attempt)
    elif attempt.failure is not None:
        body = _over(attempt, note=attempt.failure["pgMessage"])
    else:
        body = _over(attempt, note="")
    return document(title="카드 결제", body=body, body_class="pay" if attempt.redirect_url else "pay overlay")


def result(outcome: dict[str, str], *, page_origin: str | None) -> str:
    """Hands the outcome to the page under the overlay."""
    data = json.dumps(outcome, ensure_ascii=False).replace("<", "\\u003c")
    return document(
        title="결제 결과",
        body=(
            f'<script type="application/json" id="result" data-origin="{escape(page_origin or "*")}">{data}</script>'
            '<script src="/static/result.js"></script>'
        ),
    )


def receipt(attempt: Attempt) -> str:
    """The sales slip behind `receiptUrl`."""
    method = attempt.method or {}
    lines = [
        ("주문번호", attempt.payment_id),
        ("결제 수단", method.get("card", {}).get("name") or method.get("bank", "")),
        ("승인번호", method.get("approvalNumber", "")),
        ("승인 일시", moment(attempt.paid_at)),
        ("공급가액", money(attempt.total - attempt.tax_free - attempt.vat, attempt.currency)),
        ("부가세", money(attempt.vat, attempt.currency)),
    ]
    if attempt.cancelled:
        lines.append(("취소 금액", money(attempt.cancelled, attempt.currency)))
    return document(
        title="매출전표",
        body_class="pay",
        body=(
            '<main class="window"><div class="window-top"><h1>매출전표</h1><span class="badge" data-tone="amber">연습 결제</span></div>'
            f'<div class="window-body">{_bill(attempt)}<dl class="lines">{_lines(lines)}</dl></div></main>'
        ),
    )


def _choices(attempt: Attempt) -> str:
    cards = "".join(
        f'<label><input type="radio" name="card" value="{code}"{" checked" if place == 0 else ""}>{name}</label>'
        for place, (code, name) in enumerate(CARDS.items())
    )
    months = "".join(f'<option value="{month}">{f"{month}개월" if month else "일시불"}</option>' for month in MONTHS)
    instalments = (
        f'<div><label class="caption" for="months">할부</label><select id="months" name="months">{months}</select></div>'
        if attempt.currency == "KRW" and attempt.total >= INSTALMENT_FROM_KRW
        else ""
    )
    return (
        '<main class="window" data-testid="pay-window">'
        f'<div class="window-top"><h1>카드 결제</h1><span class="badge" data-tone="amber">연습 결제</span>{_leave(attempt)}</div>'
        f'<form class="pay-form" method="post" action="{_url(attempt, "approve")}"><div class="window-body">{_bill(attempt)}'
        f'<fieldset><legend>카드 선택</legend><div class="cards">{cards}</div></fieldset>{instalments}'
        f'<div class="pay-actions"><button class="btn btn-primary" data-testid="pay-approve">'
        f"{money(attempt.total, attempt.currency)} 결제하기</button></div></div>"
        '<div class="rehearsal"><p class="small muted">실제 카드에서 돈이 나가지 않아요. 카드사가 거절하는 경우도 볼 수 있어요.</p>'
        f'<button class="btn btn-danger" data-testid="pay-decline" formaction="{_url(attempt, "decline")}">한도 초과로 거절하기</button>'
        "</div></form></main>"
    )


def _over(attempt: Attempt, *, note: str) -> str:
    head, text, tone = (
        ("결제하지 못했어요", note, "red") if note else ("이미 끝난 결제예요", "결제한 화면으로 돌아가서 결과를 확인해 보세요.", "gray")
    )
    return (
        '<main class="window" data-testid="pay-window"><div class="window-top"><h1>카드 결제</h1>'
        '<span class="badge" data-tone="amber">연습 결제</span></div>'
        f'<div class="window-body">{_bill(attempt)}'
        f'<div class="note" data-tone="{tone}" role="alert" data-testid="pay-error">'
        f"<strong>{head}</strong><span>{escape(text)}</span></div>"
        f'<form class="pay-actions" method="post" action="{_url(attempt, "close")}">'
        '<button class="btn btn-primary" data-testid="pay-return">돌아가기</button></form></div></main>'
    )


def _leave(attempt: Attempt) -> str:
    return f'<form method="post" action="{_url(attempt, "close")}"><button class="btn" data-testid="pay-close">닫기</button></form>'


def _bill(attempt: Attempt) -> str:
    amount = money(attempt.total, attempt.currency)
    shown = f"{escape(amount.removesuffix('원'))}<small>원</small>" if amount.endswith("원") else escape(amount)
    return (
        f'<div class="bill"><span class="muted small">{MERCHANT}</span>'
        f'<span data-testid="pay-order-name">{escape(attempt.order_name)}</span>'
        f'<strong class="num" data-testid="pay-amount">{shown}</strong></div>'
    )


def _lines(lines: list[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in lines if value)


def _url(attempt: Attempt, action: str) -> str:
    return f"/portone/browser/window/{attempt.transaction_id}/{action}"
