"""The page of the callers of conversions, and the store that a tracking link leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sandbox.pages.layout import console, document, moment

CALLERS = {"advertiser": "광고주 서버 (서명해서 보냄)", "airbridge": "에어브릿지 (매크로를 채워서 보냄)"}
FAULTS = {
    "none": "그대로",
    "duplicate": "같은 신호를 동시에 두 번",
    "out_of_order": "마지막 이벤트부터 거꾸로",
    "late": "오래된 시각으로",
    "slow": "본문을 나눠 천천히 (광고주 서버)",
    "wrong_signature": "틀린 서명이나 주소",
    "unknown_click": "모르는 클릭으로",
    "unreplaced": "매크로를 채우지 않고 (에어브릿지)",
}
FIELDS = (
    ("url", "보낼 주소", "전환 연동 화면의 주소를 그대로 붙여 넣어 주세요."),
    ("key", "key", "에어브릿지는 비워 두세요."),
    ("secret", "비밀값", "에어브릿지는 비워 두세요."),
    ("click_id", "click_id", "연결 주소에 붙어 온 값이나 test-new, test-used, test-late"),
    ("events", "이벤트", "여럿이면 쉼표로 나눠 주세요."),
    ("transaction", "transaction", "주문 번호처럼 한 번뿐인 값. 비워도 돼요."),
    ("seconds", "초", "늦게, 천천히 보낼 때의 초. 비우면 400초예요."),
)


def page(sent: Sequence[Mapping[str, Any]], typed: Mapping[str, str], problem: str) -> str:
    """The form, and the answers to what was sent, newest first."""
    alert = f'<p class="note" data-tone="red" role="alert">{escape(problem)}</p>' if problem else ""
    fields = "".join(
        f'<p><label for="{name}">{label}</label><input id="{name}" name="{name}" value="{escape(typed.get(name, ""))}" '
        f'aria-describedby="{name}-hint"><small id="{name}-hint">{hint}</small></p>'
        for name, label, hint in FIELDS
    )
    body = (
        f'{alert}<form method="post" action="/conversions/" class="job">{_choice("caller", "보내는 쪽", CALLERS, typed)}{fields}'
        f'{_choice("fault", "어떻게", FAULTS, typed)}<p><button class="btn">보내기</button></p></form>{_answers(sent)}'
    )
    lead = "전환을 알려 오는 서버를 흉내 내요. 제품의 문이 무엇이라고 답하는지 그대로 보여요."
    return console(title="전환 발신기", path="/conversions/", lead=lead, body=body)


def store(app: str, carried: Mapping[str, str]) -> str:
    """The page behind a tracking link."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in carried.items())
    body = f'<main class="console"><h1>{escape(app)} 스토어</h1><p class="lead">트래킹 링크가 싣고 온 값이에요.</p><dl>{rows}</dl></main>'
    return document(title=f"{app} 스토어", body=body)


def _choice(name: str, label: str, options: Mapping[str, str], typed: Mapping[str, str]) -> str:
    drawn = "".join(
        f'<option value="{value}"{" selected" if typed.get(name) == value else ""}>{words}</option>' for value, words in options.items()
    )
    return f'<p><label for="{name}">{label}</label><select id="{name}" name="{name}">{drawn}</select></p>'


def _answers(sent: Sequence[Mapping[str, Any]]) -> str:
    if not sent:
        return '<p class="empty">아직 보낸 신호가 없어요.</p>'
    rows = "".join(
        f"<tr><td>{moment(one['at'])}</td><td>{one['status'] or '응답 없음'}</td><td>{one['took_ms']}ms</td>"
        f"<td><code>{escape(one['method'])} {escape(one['url'])}</code></td><td>{escape(one['body'])}</td></tr>"
        for one in sent
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="보낸 신호"><table><thead><tr><th>때</th><th>응답</th><th>걸림</th>'
        f"<th>보낸 것</th><th>답</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
