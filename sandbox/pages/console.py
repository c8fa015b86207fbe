"""The console: payments, webhooks and messages, for people."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from sandbox.deliveries import Delivery
from sandbox.pages.layout import console, moment, money
from sandbox.portone.attempts import TAKEN, Attempt
from sandbox.settings import SandboxSettings
from sandbox.toss.payments import Payment as TossPayment

STATUSES = {
    "READY": ("결제 대기", "gray"),
    "PAY_PENDING": ("승인 대기", "amber"),
    "VIRTUAL_ACCOUNT_ISSUED": ("입금 대기", "amber"),
    "PAID": ("결제 완료", "green"),
    "FAILED": ("결제 실패", "red"),
    "PARTIAL_CANCELLED": ("부분 환불", "sky"),
    "CANCELLED": ("환불 완료", "gray"),
}
TOSS_STATUSES = {
    "READY": ("결제 대기", "gray"),
    "IN_PROGRESS": ("승인 대기", "amber"),
    "WAITING_FOR_DEPOSIT": ("입금 대기", "amber"),
    "DONE": ("결제 완료", "green"),
    "ABORTED": ("결제 실패", "red"),
    "EXPIRED": ("시간 지남", "gray"),
    "PARTIAL_CANCELED": ("부분 환불", "sky"),
    "CANCELED": ("환불 완료", "gray"),
}
DELIVERY_STATES = {
    "PENDING": ("보내기 전", "gray"),
    "IN_FLIGHT": ("보내는 중", "sky"),
    "SUCCEEDED": ("도착", "green"),
    "FAILED": ("실패", "red"),
    "HELD": ("잡아 둠", "amber"),
    "REORDERING": ("순서 바꾸는 중", "amber"),
    "DROPPED": ("버림", "red"),
}
WAITS_TO_RETRY = ("다시 보낼 예정", "amber")
CHANNELS = {
    "SMS": ("문자", "green"),
    "ALIMTALK": ("알림톡", "amber"),
    "MAIL": ("메일", "sky"),
    "PUSH": ("푸시", "amber"),
    "SLACK": ("슬랙", "green"),
}


def index(
    payments: list[Attempt], settings: SandboxSettings, *, webhook_url: str, notice: str = "", toss: Sequence[TossPayment] = ()
) -> str:
    """Payments of both companies, newest first, with a cancel as the console of the PG offers it, and a deposit as a bank would."""
    won = [payment for payment in payments if payment.currency == "KRW"]
    captured = sum(payment.total for payment in won if payment.status in TAKEN)
    cancelled = sum(payment.cancelled for payment in won)
    tiles = (
        ("결제한 금액", captured, "원"),
        ("취소한 금액", cancelled, "원"),
        ("남은 금액", captured - cancelled, "원"),
        ("결제", len(payments), "건"),
    )
    figures = "".join(f'<div><dt>{name}</dt><dd class="num">{value:,}<small>{unit}</small></dd></div>' for name, value, unit in tiles)
    rows = [("payment", _payment_cells(payment)) for payment in reversed(payments)]
    table = (
        _table("결제 목록", ("주문", "상태", "금액>", "취소>", "채널", "바뀐 시각", "콘솔에서"), rows)
        if payments
        else '<p class="empty">아직 결제가 없어요. 제품에서 충전하면 여기에 보여요.</p>'
    )
    alert = f'<p class="note" data-tone="red" role="alert">{escape(notice)}</p>' if notice else ""
    channels = "".join(f"<dt>{channel.type} 채널</dt><dd><code>{escape(channel.key)}</code></dd>" for channel in settings.channels)
    return console(
        title="결제",
        path="/",
        lead=(
            "바깥 서비스를 흉내 내는 연습용 서버예요. 진짜 돈은 움직이지 않아요. "
            "여기서 취소하면 결제 회사 콘솔에서 취소한 것과 똑같이 제품에 알려요."
        ),
        body=(
            f'{alert}<section class="panel" aria-label="요약"><dl class="tiles">{figures}</dl></section>'
            f'<section class="panel"><div class="panel-head"><h2>결제 목록</h2></div>{table}</section>'
            f"{_toss(toss)}"
            '<section class="panel"><div class="panel-head"><h2>연결 정보</h2></div><dl class="facts">'
            "<dt>REST 주소</dt><dd><code>/portone</code></dd><dt>결제 스크립트</dt><dd><code>/portone/browser-sdk.js</code></dd>"
            f"<dt>상점 아이디</dt><dd><code>{escape(settings.store_id)}</code></dd>{channels}"
            f"<dt>웹훅을 보내는 곳</dt><dd><code>{escape(webhook_url) or '정하지 않았어요'}</code></dd></dl></section>"
        ),
    )


def _toss(payments: Sequence[TossPayment]) -> str:
    """Payments of Toss, when there are any."""
    if not payments:
        return ""
    rows = [("toss-payment", _toss_cells(payment)) for payment in reversed(payments)]
    table = _table("토스페이먼츠 결제 목록", ("주문", "상태", "금액>", "취소>", "승인 시각", "입금"), rows)
    return f'<section class="panel"><div class="panel-head"><h2>토스페이먼츠 결제</h2></div>{table}</section>'


def _toss_cells(payment: TossPayment) -> list[str]:
    label, tone = TOSS_STATUSES[payment.status]
    is_waiting = payment.status == "WAITING_FOR_DEPOSIT"
    return [
        f'<strong>{escape(payment.order_name)}</strong><br><span class="muted small">{escape(payment.order_id)}</span>',
        _badge(label, tone),
        escape(money(payment.amount, payment.currency)),
        escape(money(payment.cancelled, payment.currency)),
        f'<span class="num">{moment(payment.approved_at)}</span>',
        _deposit("toss", payment.order_id) if is_waiting else '<span class="muted">–</span>',
    ]


def _deposit(service: str, payment_id: str) -> str:
    return (
        f'<form method="post" action="/{service}-payments/{escape(quote(payment_id, safe=""))}/deposit">'
        '<input name="amount" inputmode="numeric" aria-label="입금할 금액" placeholder="전액">'
        '<button class="btn btn-primary btn-small">입금하기</button></form>'
    )


def deliveries(items: list[Delivery]) -> str:
    """Webhooks, newest first, with what each attempt brought back."""
    rows = [("delivery", _delivery_cells(item)) for item in reversed(items)]
    table = (
        _table("웹훅 목록", ("알림", "상태", "주문", "보낸 횟수>", "마지막 응답", "만든 시각"), rows)
        if items
        else '<p class="empty">아직 보낸 웹훅이 없어요.</p>'
    )
    return console(
        title="웹훅",
        path="/deliveries/",
        lead="결제 상태가 바뀔 때마다 제품에 서명한 알림을 보내요. 200이 아닌 응답을 받으면 1분, 4분, 16분, 64분, 256분 뒤에 다시 보내요.",
        body=f'<section class="panel"><div class="panel-head"><h2>보낸 웹훅</h2></div>{table}</section>',
    )


def inbox(messages: list[dict[str, Any]]) -> str:
    """Messages, newest first."""
    items = "".join(_message(message) for message in messages)
    return console(
        title="받은 메시지",
        path="/inbox/",
        lead="문자, 메일, 푸시가 실제로 나가지 않고 여기에 쌓여요.",
        body=(
            f'<section class="panel"><div class="panel-head"><h2>메시지</h2><span class="muted small num">{len(messages):,}건</span></div>'
            f"{items or '<p class=empty>아직 받은 메시지가 없어요.</p>'}</section>"
        ),
    )


def _table(name: str, columns: tuple[str, ...], rows: list[tuple[str, list[str]]]) -> str:
    """
    A table that turns into cards on a phone.

    columns: names; one that ends in > holds numbers.   rows: a test id and one HTML cell per column.
    """
    names = [column.removesuffix(">") for column in columns]
    classes = [' class="right num"' if column.endswith(">") else "" for column in columns]
    heads = "".join(f'<th scope="col"{style}>{name}</th>' for name, style in zip(names, classes, strict=True))
    body = "".join(
        f'<tr data-testid="{testid}">'
        + "".join(f'<td data-label="{name}"{style}>{cell}</td>' for name, style, cell in zip(names, classes, cells, strict=True))
        + "</tr>"
        for testid, cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _badge(label: str, tone: str) -> str:
    return f'<span class="badge" data-tone="{tone}">{escape(label)}</span>'


def _payment_cells(payment: Attempt) -> list[str]:
    label, tone = STATUSES[payment.status]
    cancel = (
        f'<form method="post" action="/payments/{escape(quote(payment.payment_id, safe=""))}/cancel">'
        f'<input name="amount" inputmode="numeric" aria-label="취소할 금액" placeholder="전액">'
        '<button class="btn btn-danger btn-small">취소하기</button></form>'
        if payment.status in TAKEN and payment.cancellable
        else _deposit("portone", payment.payment_id)
        if payment.status == "VIRTUAL_ACCOUNT_ISSUED"
        else '<span class="muted">취소할 금액이 없어요</span>'
    )
    return [
        f'<strong>{escape(payment.order_name)}</strong><br><span class="muted small">{escape(payment.payment_id)}</span>',
        _badge(label, tone),
        escape(money(payment.total, payment.currency)),
        escape(money(payment.cancelled, payment.currency)),
        escape(payment.channel["type"]),
        f'<span class="num">{moment(payment.status_changed_at)}</span>',
        cancel,
    ]


def _delivery_cells(item: Delivery) -> list[str]:
    label, tone = WAITS_TO_RETRY if item.state == "PENDING" and item.executions else DELIVERY_STATES[item.state]
    last = item.attempts[-1] if item.attempts else None
    answer = "아직 없어요" if last is None else str(last["status"] or last.get("error", ""))
    return [
        f'<strong>{escape(item.type)}</strong><br><span class="muted small">{escape(item.webhook_id)}</span>'
        f'<details><summary class="small">본문 보기</summary><pre>{escape(item.body)}</pre></details>',
        _badge(label, tone),
        f'<span class="small">{escape(item.payment_id)}</span>',
        f"{item.executions}",
        f'<span class="num">{escape(answer)}</span>',
        f'<span class="num">{moment(item.triggered_at)}</span>',
    ]


def _message(message: dict[str, Any]) -> str:
    label, tone = CHANNELS[message["channel"]]
    subject = f"<strong>{escape(message['subject'])}</strong>" if message["subject"] else ""
    return (
        f'<article class="message" data-testid="message"><header>{_badge(label, tone)}<span>{escape(message["to"])}</span>'
        f'<span class="muted small num">{moment(message["at"])}</span></header>{subject}<p>{escape(message["body"])}</p></article>'
    )
