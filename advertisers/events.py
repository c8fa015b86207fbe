"""What people are told about their team and its account; see `identity.events`."""

from datetime import datetime

from advertisers.access import EVERYONE, OWNERS, PAYERS, REFUNDERS, SPENDERS
from common.kst import SEOUL
from identity.events import IN_APP, MAIL, Event, Fact, Topic, define

_RIGHTS = "무엇을 할 수 있는지가 달라지는 일이라 꼭 알려드려요."

PAPER_DECIDED = define(
    "advertisers.paper_decided",
    topic=Topic.TEAM,
    label="사업자 서류를 확인했을 때",
    title="{outcome}",
    body="{words}",
    facts={"outcome": "사업자 서류 확인이 끝났어요", "words": "사업자등록증 확인을 마쳤어요."},
    roles=PAYERS,
    compulsory=(IN_APP,),
    why=_RIGHTS,
)
JOINED = define(
    "advertisers.joined",
    topic=Topic.TEAM,
    label="새 구성원이 들어왔을 때",
    title="새 구성원이 들어왔어요",
    body="{who} 님이 {role} 역할로 {team} 팀에 들어왔어요.",
    facts={"who": "박지수", "role": "보고서", "team": "민지네 커피"},
    roles=OWNERS,
    compulsory=(IN_APP,),
    why=_RIGHTS,
)
LEFT = define(
    "advertisers.left",
    topic=Topic.TEAM,
    label="구성원이 나갔을 때",
    title="구성원이 팀에서 나갔어요",
    body="{who} 님이 {team} 팀에서 나갔어요.",
    facts={"who": "박지수", "team": "민지네 커피"},
    roles=OWNERS,
)
OWNER_CHANGED = define(
    "advertisers.owner_changed",
    topic=Topic.TEAM,
    label="소유자가 바뀌었을 때",
    title="{team}의 소유자가 바뀌었어요",
    body="이제 {who} 님이 소유자예요.",
    facts={"who": "박지수", "team": "민지네 커피"},
    roles=EVERYONE,
    compulsory=(IN_APP, MAIL),
    why=_RIGHTS,
)
ROLE_CHANGED = define(
    "advertisers.role_changed",
    topic=Topic.TEAM,
    label="내 역할이 바뀌었을 때",
    title="{team} 팀에서 역할이 바뀌었어요",
    body="이제 {role} 역할이에요.",
    facts={"team": "민지네 커피", "role": "매니저"},
    compulsory=(IN_APP, MAIL),
    why=_RIGHTS,
)
REMOVED = define(
    "advertisers.removed",
    topic=Topic.TEAM,
    label="내가 팀에서 빠졌을 때",
    title="{team} 팀에서 나왔어요",
    body="이 팀의 화면과 API를 더 이상 쓸 수 없어요.",
    facts={"team": "민지네 커피"},
    compulsory=(IN_APP, MAIL),
    why=_RIGHTS,
)
CLOSED = define(
    "advertisers.closed",
    topic=Topic.TEAM,
    label="팀의 광고주 계정이 닫혔을 때",
    title="광고주 계정이 닫혔어요",
    body="소유자가 계정을 닫아서 더 이상 이 광고주의 화면을 볼 수 없어요.",
    compulsory=(IN_APP, MAIL),
    why=_RIGHTS,
)
RESTRICTED = define(
    "advertisers.restricted",
    topic=Topic.TEAM,
    label="계정 이용이 제한됐을 때",
    title="계정 이용이 제한됐어요",
    body="{reason} 제한이 풀릴 때까지 새 충전과 캠페인 집행을 할 수 없어요.",
    facts={"reason": "결제 취소를 확인하고 있어요."},
    roles=REFUNDERS,
    compulsory=(IN_APP, MAIL),
    why=_RIGHTS,
    is_urgent=True,
)
RESTRICTION_LIFTED = define(
    "advertisers.restriction_lifted",
    topic=Topic.TEAM,
    label="계정 제한이 풀렸을 때",
    title="계정 제한이 풀렸어요",
    body="다시 충전하고 캠페인을 집행할 수 있어요.",
    roles=REFUNDERS,
    compulsory=(IN_APP,),
    why=_RIGHTS,
)
WEBHOOK_OFF = define(
    "advertisers.webhook_off",
    topic=Topic.REPORTS,
    label="웹훅을 보내지 못해 껐을 때",
    title="웹훅을 보내지 못해 껐어요",
    body="‘{name}’ 주소: {why}. 받는 서버를 고친 뒤 다시 켜면 밀린 이벤트를 순서대로 보내요.",
    facts={"name": "주문 서버", "why": "24시간 동안 받지 못해서 껐어요"},
    roles=SPENDERS,
    compulsory=(IN_APP,),
    why="연동이 멈춘 일이라 꼭 알려드려요.",
)


def _of_an_api_key(kind: str, label: str, title: str, body: str, **facts: Fact) -> Event:
    """The owner hears of it, and whoever the key acts for."""
    return define(
        f"advertisers.{kind}", topic=Topic.SECURITY, label=label, title=title, body=body,
        facts={"who": "박지수", "name": "주문 서버", **facts}, roles=SPENDERS, compulsory=(IN_APP, MAIL),
        why="키를 가진 프로그램은 내 권한으로 움직여요. 모르는 키라면 바로 폐기해야 해요.", is_urgent=True,
    )  # fmt: skip


KEY_MADE = _of_an_api_key(
    "key_made", "API 키를 만들었을 때", "새 API 키를 만들었어요",
    "{who} 님이 ‘{name}’ 키를 만들었어요. 할 수 있는 일: {scopes}. 모르는 키라면 API 키 화면에서 바로 폐기해 주세요.", scopes="캠페인 보기",
)  # fmt: skip
KEY_REPLACED = _of_an_api_key(
    "key_replaced", "API 키를 새 키로 바꿨을 때", "API 키를 새 키로 바꿨어요",
    "{who} 님이 ‘{name}’ 키를 새 키로 바꿨어요. 이전 키는 {until}에 멈추니 그 전에 프로그램에 새 키를 넣어 주세요.",
    until=datetime(2026, 11, 26, 12, tzinfo=SEOUL),
)  # fmt: skip
KEY_REVOKED = _of_an_api_key(
    "key_revoked",
    "API 키를 폐기했을 때",
    "API 키를 폐기했어요",
    "{who} 님이 ‘{name}’ 키를 폐기했어요. 이 키로 보내는 요청은 바로 거절돼요.",
)
