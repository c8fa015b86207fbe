"""The window in which somebody lets a payment company keep a card."""

from __future__ import annotations

from sandbox.cards import KeptCard
from sandbox.pages.layout import document


def keep(card: KeptCard, *, cards: dict[str, str], action: str) -> str:
    """The window of a card: to be decided, or already over."""
    return document(title="카드 등록", body=_choices(cards, action) if card.status == "READY" else _over(action), body_class="pay")


def _choices(cards: dict[str, str], action: str) -> str:
    options = "".join(
        f'<label><input type="radio" name="card" value="{code}"{" checked" if place == 0 else ""}>{name}</label>'
        for place, (code, name) in enumerate(cards.items())
    )
    leave = f'<form method="post" action="{action}/close"><button class="btn" data-testid="card-close">닫기</button></form>'
    return (
        f'<main class="window" data-testid="card-window"><div class="window-top"><h1>자동 결제 카드 등록</h1>'
        f'<span class="badge" data-tone="amber">연습 등록</span>{leave}</div>'
        f'<form class="pay-form" method="post" action="{action}/agree"><div class="window-body">'
        f'<fieldset><legend>카드 선택</legend><div class="cards">{options}</div></fieldset>'
        '<div class="pay-actions"><button class="btn btn-primary" data-testid="card-agree">이 카드 등록하기</button></div>'
        "</div></form></main>"
    )


def _over(action: str) -> str:
    return (
        '<main class="window" data-testid="card-window"><div class="window-top"><h1>자동 결제 카드 등록</h1></div><div class="window-body">'
        '<div class="note" data-tone="gray" role="alert"><strong>이미 끝난 등록이에요</strong></div>'
        f'<form class="pay-actions" method="post" action="{action}/close">'
        '<button class="btn btn-primary">돌아가기</button></form></div></main>'
    )
