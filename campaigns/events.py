"""What teams are told about their campaigns; see `identity.events`. All of them begin with the campaign's title as {campaign}."""

from collections.abc import Iterable
from datetime import date

from advertisers.access import SPENDERS
from identity.events import IN_APP, MAIL, Event, Fact, Topic, define
from identity.models import Channel

_STOPPED = "멈춘 것을 모르면 광고가 끊겨요."
_DECIDED = "심사 결과는 꼭 알려드려야 해요."
_MONEY = "크레딧이 움직인 일은 꼭 알려드려야 해요."


def _of_a_campaign(
    kind: str, label: str, title: str, body: str, why: str = "", must: Iterable[Channel] = (IN_APP,), **facts: Fact
) -> Event:
    return define(
        f"campaigns.{kind}", topic=Topic.CAMPAIGNS, label=label, title=title, body=body, facts={"campaign": "겨울 라떼 퀴즈", **facts},
        roles=SPENDERS, compulsory=must if why else (), why=why,
    )  # fmt: skip


SUBMITTED = _of_a_campaign(
    "submitted", "심사를 요청했을 때", "심사 요청을 받았어요", "‘{campaign}’ 심사를 {until}까지 마치고 결과를 알려드려요.",
    until="11월 26일 12:00",
)  # fmt: skip
APPROVED = _of_a_campaign(
    "approved", "심사를 통과했을 때", "심사를 통과했어요", "‘{campaign}’ 심사를 통과했어요.", _DECIDED, (IN_APP, MAIL)
)
CHANGES_ASKED = _of_a_campaign(
    "changes_asked", "심사에서 고쳐 달라고 할 때", "고쳐 달라는 요청이 왔어요", "‘{campaign}’ {reason}", _DECIDED, (IN_APP, MAIL),
    reason="이미지의 글씨가 너무 작아요.",
)  # fmt: skip
REJECTED = _of_a_campaign(
    "rejected", "심사에서 반려됐을 때", "심사에서 반려됐어요", "‘{campaign}’ {reason}", _DECIDED, (IN_APP, MAIL),
    reason="연결 페이지의 상품이 달라요.",
)  # fmt: skip
PAPERS_MISSING = _of_a_campaign(
    "papers_missing", "심사에 서류가 더 필요할 때", "심사에 서류가 더 필요해요",
    "‘{campaign}’ 서류가 준비되면 심사를 이어서 해요. 필요한 서류: {papers}", _DECIDED, papers="판매 허가증",
)  # fmt: skip
OVERTAKEN = _of_a_campaign(
    "version_overtaken", "심사하던 수정을 거뒀을 때", "심사하던 수정을 거뒀어요", "‘{campaign}’ {reason}",
    reason="심사하는 동안 캠페인이 시작됐어요.",
)  # fmt: skip
BEGAN = _of_a_campaign(
    "began", "캠페인이 시작됐을 때", "캠페인을 시작했어요", "‘{campaign}’ 캠페인이 회원에게 보이기 시작했어요.",
)  # fmt: skip
PAUSED = _of_a_campaign(
    "paused", "캠페인이 멈췄을 때", "캠페인을 일시중지했어요", "‘{campaign}’ {who} 멈췄어요. 캠페인 화면에서 다시 시작할 수 있어요.",
    who="김민지 님이",
)  # fmt: skip
LANDING_GONE = _of_a_campaign(
    "landing_gone", "연결 주소가 열리지 않을 때", "연결 주소가 열리지 않아 멈췄어요",
    "‘{campaign}’ 캠페인의 {reason} 주소가 열리면 캠페인 화면에서 바로 다시 시작할 수 있어요.", _STOPPED,
    reason="연결 주소가 사흘째 열리지 않아 멈췄어요.",
)  # fmt: skip
NO_BALANCE = _of_a_campaign(
    "no_balance", "크레딧이 부족해 캠페인이 멈췄을 때", "크레딧이 부족해 캠페인을 멈췄어요",
    "‘{campaign}’ {reason} {missing}크레딧을 충전하면 따로 누르지 않아도 진행돼요.", _STOPPED, (IN_APP, MAIL),
    reason="묶어 둔 크레딧이 카드사 이의로 묶였어요.", missing=50_000,
)  # fmt: skip
SPENT = _of_a_campaign(
    "budget_gone", "캠페인 예산을 다 썼을 때", "캠페인 예산을 다 썼어요",
    "‘{campaign}’ 예산 {budget}크레딧을 모두 썼어요. 예산을 늘리면 남은 기간에 계속 진행돼요.", budget=300_000,
)  # fmt: skip
ENDED = _of_a_campaign(
    "ended", "캠페인이 끝났을 때", "캠페인이 끝났어요",
    "‘{campaign}’ 캠페인이 끝났어요. 하고 있던 참여까지 확인한 뒤 정산 결과를 알려드려요.",
)  # fmt: skip
SETTLED = _of_a_campaign(
    "settled", "캠페인 정산을 마쳤을 때", "캠페인 정산을 마쳤어요",
    "‘{campaign}’ 정산을 마쳤어요. 참여 완료 {units}건, 차감한 크레딧 {spent}, 돌려드린 크레딧 {returned}. 확정된 숫자예요.",
    _MONEY, units=1_200, spent=240_000, returned=60_000,
)  # fmt: skip
INVALIDATED = _of_a_campaign(
    "invalidated", "무효 참여의 크레딧을 돌려드렸을 때", "무효 참여의 크레딧을 돌려드렸어요",
    "‘{campaign}’ 참여 {units}건을 무효로 하고 {credits}크레딧을 {where} 이유: {reason}",
    _MONEY, units=3, credits=600, where="쓸 수 있는 크레딧으로 돌려드렸어요.", reason="같은 사람이 여러 번 참여했어요.",
)  # fmt: skip
LOCKED = _of_a_campaign(
    "locked", "운영팀이 캠페인을 잠갔을 때", "운영팀이 캠페인을 잠갔어요",
    "‘{campaign}’ 캠페인이 새 참여를 받지 않아요. 묶인 크레딧은 그대로 있어요. 이유: {reason}", _STOPPED, (IN_APP, MAIL),
    reason="신고를 확인하고 있어요.",
)  # fmt: skip
UNLOCKED = _of_a_campaign(
    "unlocked", "캠페인 잠금이 풀렸을 때", "운영팀이 캠페인 잠금을 풀었어요",
    "‘{campaign}’ 캠페인을 다시 진행할 수 있어요. 이유: {reason}", reason="확인을 마쳤어요.",
)  # fmt: skip
PLAN_REFUSED = _of_a_campaign(
    "plan_refused", "예약한 변경을 하지 못했을 때", "예약한 변경을 하지 못했어요",
    "‘{campaign}’ 캠페인에 예약한 ‘{change}’을 하지 못했어요. 이유: {reason}", change="일시중지", reason="이미 끝난 캠페인이에요.",
)  # fmt: skip
SECOND_ASKED = define(
    "campaigns.second_member_asked", topic=Topic.TEAM, label="한도를 넘는 집행이 승인을 기다릴 때",
    title="한도를 넘는 집행이 승인을 기다려요", body="{who} 님이 요청했어요. {what}",
    facts={"who": "박지수", "what": "겨울 라떼 퀴즈 · 500,000크레딧"}, roles=SPENDERS,
)  # fmt: skip
SECOND_AGREED = define(
    "campaigns.second_member_agreed", topic=Topic.TEAM, label="내가 요청한 집행을 승인했을 때", title="집행을 승인했어요",
    body="{team} · {what}. {who} 님이 승인해서 바로 진행했어요.",
    facts={"team": "민지네 커피", "who": "김민지", "what": "겨울 라떼 퀴즈 · 500,000크레딧"},
)  # fmt: skip
SECOND_REFUSED = define(
    "campaigns.second_member_refused", topic=Topic.TEAM, label="내가 요청한 집행을 거절했을 때", title="집행을 거절했어요",
    body="{team} · {what}. {who} 님이 거절했어요. 이유: {reason}",
    facts={"team": "민지네 커피", "who": "김민지", "what": "겨울 라떼 퀴즈 · 500,000크레딧", "reason": "다음 주에 해요."},
)  # fmt: skip
EXPORT_READY = define(
    "campaigns.export_ready", topic=Topic.REPORTS, label="요청한 성과 파일이 다 됐을 때", title="성과 파일이 준비됐어요",
    body="{first}부터 {last}까지의 {what} 파일이에요. {until}까지 받을 수 있어요.",
    facts={"first": date(2026, 11, 1), "last": date(2026, 11, 30), "what": "날짜별", "until": date(2026, 12, 8)}, default=(IN_APP,),
)  # fmt: skip
EXPORT_FAILED = define(
    "campaigns.export_failed", topic=Topic.REPORTS, label="요청한 성과 파일을 만들지 못했을 때", title="성과 파일을 만들지 못했어요",
    body="{first}부터 {last}까지의 {what} 파일이에요. 기간을 줄여서 다시 요청해 주세요.",
    facts={"first": date(2026, 11, 1), "last": date(2026, 11, 30), "what": "날짜별"},
)  # fmt: skip
_REPORT = {"every": "매주 월요일 9시", "to": "re***@example.com"}
REPORT_SENT = define(
    "campaigns.report_sent", topic=Topic.REPORTS, label="예약한 성과 보고를 보냈을 때", title="성과 보고를 보냈어요",
    body="{every} 보고를 {to} 주소로 보냈어요. {first}부터 {last}까지의 숫자예요.",
    facts={**_REPORT, "first": date(2026, 11, 16), "last": date(2026, 11, 22)}, default=(IN_APP,),
)  # fmt: skip
REPORT_FAILED = define(
    "campaigns.report_failed", topic=Topic.REPORTS, label="예약한 성과 보고를 보내지 못했을 때", title="성과 보고를 보내지 못했어요",
    body="{every} 보고를 {to} 주소로 보내지 못했어요. 숫자는 성과 화면에서 볼 수 있고, 다음 보고는 예정대로 보내요.", facts=_REPORT,
    default=(IN_APP,),
)  # fmt: skip
REPORT_UNSURE = define(
    "campaigns.report_unsure", topic=Topic.REPORTS, label="예약한 성과 보고를 보냈는지 확인하지 못했을 때",
    title="성과 보고를 보냈는지 확인하지 못했어요",
    body="{every} 보고가 {to} 주소에 닿았는지 알 수 없어요. 숫자는 성과 화면에서 볼 수 있고, 다음 보고는 예정대로 보내요.", facts=_REPORT,
    default=(IN_APP,),
)  # fmt: skip
REPORT_STOPPED = define(
    "campaigns.report_stopped", topic=Topic.REPORTS, label="예약한 성과 보고가 멈췄을 때", title="성과 보고가 멈췄어요",
    body="{every} 보고를 받을 사람이 더는 없어서 예약을 지웠어요. 다른 주소로 다시 예약할 수 있어요.", facts={"every": "매주 월요일 9시"},
)  # fmt: skip
