"""The identity window: who are you? And the page that posts the outcome back."""

from __future__ import annotations

from html import escape

from sandbox.identity.people import LABELS
from sandbox.pages.layout import document

_TOP = '<div class="window-top"><h1>본인확인</h1><span class="badge" data-tone="amber">연습</span></div>'


def choose(*, action: str, is_overlay: bool) -> str:
    """The window, before anybody decided."""
    people = "".join(
        f'<button class="btn" name="person" value="{key}" data-testid="identity-{key}">{escape(label)}</button>'
        for key, label in LABELS.items()
    )
    return document(
        title="본인확인",
        body_class="pay overlay" if is_overlay else "pay",
        body=(
            f'<main class="window" data-testid="identity-window">{_TOP}<form class="pay-form" method="post" action="{escape(action)}">'
            '<div class="window-body"><p>누구로 확인할까요? 실제 통신사나 은행에 묻지 않아요.</p>'
            f'<div class="pay-actions">{people}</div></div>'
            '<div class="rehearsal"><button class="btn btn-danger" name="person" value="" data-testid="identity-close">창 닫기</button>'
            "</div></form></main>"
        ),
    )


def refused(problem: str) -> str:
    """The window does not open."""
    note = f'<div class="note" data-tone="red" role="alert">{escape(problem)}</div>'
    return document(title="본인확인", body_class="pay", body=f'<main class="window">{_TOP}<div class="window-body">{note}</div></main>')


def post_back(url: str, fields: dict[str, str]) -> str:
    """Posts the outcome to the merchant through the browser: by itself with scripts, by a button without."""
    hidden = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items())
    return document(
        title="본인확인",
        body_class="pay",
        body=(
            f'<main class="window">{_TOP}<div class="window-body"><form id="back" method="post" action="{escape(url)}">{hidden}'
            '<button class="btn btn-primary" data-testid="identity-return">돌아가기</button></form></div></main>'
            '<script src="/static/post_back.js"></script>'
        ),
    )
