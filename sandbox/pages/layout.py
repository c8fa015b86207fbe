"""The frame of every page, and how amounts and instants are written."""

from __future__ import annotations

from datetime import timedelta, timezone
from html import escape

from sandbox.clock import parse_instant

KST = timezone(timedelta(hours=9))
LINKS = (("/", "결제"), ("/deliveries/", "웹훅"), ("/inbox/", "받은 메시지"), ("/conversions/", "전환 발신기"))


def document(*, title: str, body: str, body_class: str = "") -> str:
    """A whole HTML document; `body` is HTML already."""
    return (
        '<!doctype html>\n<html lang="ko"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/static/sandbox.css"></head>'
        f'<body class="{escape(body_class)}">{body}</body></html>'
    )


def console(*, title: str, path: str, lead: str, body: str) -> str:
    """A console page with its navigation; `body` is HTML already."""
    links = "".join(f'<a href="{href}"{" aria-current=page" if href == path else ""}>{name}</a>' for href, name in LINKS)
    return document(
        title=f"{title} · 샌드박스",
        body=(
            f'<header class="top"><div><strong>샌드박스</strong><nav aria-label="메뉴">{links}</nav></div></header>'
            f'<main class="console"><div><h1>{escape(title)}</h1><p class="lead">{lead}</p></div>{body}</main>'
        ),
    )


def money(amount: int, currency: str) -> str:
    """An amount of minor units with its unit, as plain text."""
    return f"{amount:,}원" if currency == "KRW" else f"{amount / 100:,.2f} {currency}"


def moment(text: str | None) -> str:
    """An instant of the wire in Korean time: 11.23 14:02:05."""
    return "" if text is None else parse_instant(text).astimezone(KST).strftime("%m.%d %H:%M:%S")
