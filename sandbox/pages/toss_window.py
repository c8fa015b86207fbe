"""The pay window of Toss Payments, and its receipt."""

from __future__ import annotations

from html import escape

from sandbox.pages.layout import document, money
from sandbox.toss.payments import Payment
from sandbox.toss.transitions import BANKS, CARDS

MERCHANT = "부스트"


def pay(payment: Payment) -> str:
    """The window of a payment: to be decided, or already over."""
    body = _choices(payment) if payment.status == "READY" else _over(payment)
    return document(title="토스페이먼츠 결제", body=body, body_class="pay")


def receipt(payment: Payment) -> str:
    """The sales slip behind `receipt.url`."""
    lines = [
        ("주문번호", payment.order_id),
        ("결제 수단", CARDS.get((payment.card or {}).get("issuer", ""), "") or "가상계좌"),
        ("승인 일시", (payment.approved_at or "")[:16].replace("T", " ")),
        ("취소 금액", money(payment.cancelled, "KRW") if payment.cancelled else ""),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in lines if value)
    return document(
        title="매출전표",
        body_class="pay",
        body=f'<main class="window">{_head("매출전표")}<div class="window-body">{_bill(payment)}<dl class="lines">{rows}</dl></div></main>',
    )


def _choices(payment: Payment) -> str:
    name, choices = ("card", CARDS) if payment.method == "CARD" else ("bank", BANKS)
    legend = "카드 선택" if payment.method == "CARD" else "입금할 은행"
    options = "".join(
        f'<label><input type="radio" name="{name}" value="{code}"{" checked" if place == 0 else ""}>{label}</label>'
        for place, (code, label) in enumerate(choices.items())
    )
    button = f"{money(payment.amount, payment.currency)} 결제하기" if payment.method == "CARD" else "가상계좌 발급받기"
    leave = f'<form method="post" action="{_url(payment, "close")}"><button class="btn" data-testid="pay-close">닫기</button></form>'
    return (
        f'<main class="window" data-testid="pay-window">{_head("토스페이먼츠 결제", leave)}'
        f'<form class="pay-form" method="post" action="{_url(payment, "agree")}"><div class="window-body">{_bill(payment)}'
        f'<fieldset><legend>{legend}</legend><div class="cards">{options}</div></fieldset>'
        f'<div class="pay-actions"><button class="btn btn-primary" data-testid="pay-approve">{button}</button></div></div>'
        '<div class="rehearsal"><p class="small muted">실제 돈이 나가지 않아요. 카드사가 거절하는 경우도 볼 수 있어요.</p>'
        f'<button class="btn btn-danger" data-testid="pay-decline" formaction="{_url(payment, "decline")}">카드사가 거절하기</button>'
        "</div></form></main>"
    )


def _over(payment: Payment) -> str:
    return (
        f'<main class="window" data-testid="pay-window">{_head("토스페이먼츠 결제")}<div class="window-body">{_bill(payment)}'
        '<div class="note" data-tone="gray" role="alert"><strong>이미 끝난 결제예요</strong>'
        "<span>결제한 화면으로 돌아가서 결과를 확인해 보세요.</span></div>"
        f'<form class="pay-actions" method="post" action="{_url(payment, "close")}">'
        '<button class="btn btn-primary" data-testid="pay-return">돌아가기</button></form></div></main>'
    )


def _head(title: str, more: str = "") -> str:
    return f'<div class="window-top"><h1>{title}</h1><span class="badge" data-tone="amber">연습 결제</span>{more}</div>'


def _bill(payment: Payment) -> str:
    amount = money(payment.amount, payment.currency)
    shown = f"{escape(amount.removesuffix('원'))}<small>원</small>" if amount.endswith("원") else escape(amount)
    return (
        f'<div class="bill"><span class="muted small">{MERCHANT}</span>'
        f'<span data-testid="pay-order-name">{escape(payment.order_name)}</span>'
        f'<strong class="num" data-testid="pay-amount">{shown}</strong></div>'
    )


def _url(payment: Payment, action: str) -> str:
    return f"/toss/browser/window/{payment.payment_key}/{action}"
