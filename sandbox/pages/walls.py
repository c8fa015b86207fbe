"""The page of an offerwall: what there is to earn, and what the product answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sandbox.pages.layout import console, moment

NAMES = {"adpopcorn": "애드팝콘", "tnk": "TNK", "tapjoy": "탭조이", "hmac": "제휴 오퍼월"}
OFFERS: Mapping[str, tuple[str, int]] = {
    "install-1": ("앱을 설치하고 한 번 열기", 150),
    "signup-2": ("무료로 가입하기", 800),
    "level-3": ("게임에서 30단계까지 가기", 12_000),
}
FAULTS = {
    "none": "그대로",
    "duplicate": "같은 신호를 동시에 두 번",
    "wrong_signature": "틀린 서명으로",
    "wrong_address": "다른 주소에서",
    "garbage": "엉뚱한 내용으로",
    "unknown_member": "모르는 회원으로",
}


def page(network: str, usn: str, sent: Sequence[Mapping[str, Any]], problem: str) -> str:
    """The offers with a button each, and the answers, newest first."""
    alert = f'<p class="note" data-tone="red" role="alert">{escape(problem)}</p>' if problem else ""
    faults = "".join(f'<option value="{value}">{words}</option>' for value, words in FAULTS.items())
    offers = "".join(
        f'<form method="post" class="job"><input type="hidden" name="offer" value="{key}"><p><strong>{title}</strong> '
        f'<span class="num">{tickets:,}장</span></p><p><label for="fault-{key}">어떻게 알릴까요</label>'
        f'<select id="fault-{key}" name="fault">{faults}</select></p><p><button class="btn">다 했어요</button></p></form>'
        for key, (title, tickets) in OFFERS.items()
    )
    lead = f"회원 {escape(usn) or '없음'}에게 보이는 참여 목록이에요. 마치면 제품의 문에 알려요."
    return console(title=f"{NAMES[network]} 오퍼월", path=f"/offerwalls/{network}/", lead=lead, body=f"{alert}{offers}{_answers(sent)}")


def _answers(sent: Sequence[Mapping[str, Any]]) -> str:
    if not sent:
        return '<p class="empty">아직 알린 것이 없어요.</p>'
    rows = "".join(
        f"<tr><td>{moment(one['at'])}</td><td>{one['status'] or '응답 없음'}</td><td><code>{escape(one['transaction'])}</code></td>"
        f"<td>{escape(one['body'])}</td></tr>"
        for one in sent
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="알린 것"><table><thead><tr><th>때</th><th>응답</th><th>거래 번호</th>'
        f"<th>답</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
