"""
Which fields of a campaign may still be changed, and when: one table for page, API and crafted form.

A field is named by its path in `CampaignSpec`; a step's rule holds for those of its fields that have none of their own.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from campaigns import types
from campaigns.models import BEFORE_THE_START, LIVE, OVER, State
from common.errors import DomainError


class Lock(StrEnum):
    """When a field is locked once the campaign was submitted."""

    NEVER = "NEVER"  # open as long as the campaign lives
    UNTIL_RUNNING = "UNTIL_RUNNING"  # open until it has begun
    UNTIL_APPROVED = "UNTIL_APPROVED"  # open until an operator has approved it
    ALWAYS = "ALWAYS"  # as first submitted


LOCKS: dict[str, Lock] = {
    "type": Lock.ALWAYS,
    "design": Lock.UNTIL_RUNNING,
    "design.title": Lock.NEVER,
    "details": Lock.UNTIL_RUNNING,
    "reward": Lock.UNTIL_RUNNING,
    "credit": Lock.UNTIL_RUNNING,
    "credit.budget": Lock.NEVER,
    "setting": Lock.UNTIL_RUNNING,
    "setting.ends_at": Lock.NEVER,
}
# What the raffle of a campaign promises: its money is held and its times are looked at before it is approved.
OF_A_RAFFLE = dict.fromkeys(("reward.prizes", "setting.starts_at", "setting.ends_at"), Lock.UNTIL_APPROVED)
APPROVED = (*BEFORE_THE_START, *LIVE)
# Fields that only go up, and from which states on; these need no review.
ONLY_MORE: dict[str, tuple[State, ...]] = {"credit.budget": APPROVED, "setting.ends_at": LIVE}
# What members see and no money hangs on: an approved version's design may replace the running one's.
SHOWN_STEP = "design."

LABELS = {
    "type": "유형",
    "design.title": "제목",
    "design.body": "안내",
    "design.image": "이미지",
    "design.call_to_action": "버튼 문구",
    "design.landing_url": "연결 주소",
    "reward.tickets": "참여 1건 티켓",
    "reward.prizes": "경품",
    "credit.unit_price": "참여 1건 단가",
    "credit.budget": "총예산",
    "credit.daily_cap": "하루 예산",
    "setting.starts_at": "시작",
    "setting.ends_at": "종료",
    "setting.weekdays": "요일",
    "setting.hour_from": "여는 시각",
    "setting.hour_until": "닫는 시각",
    "setting.pacing": "예산 쓰는 속도",
    "setting.age_from": "최소 나이",
    "setting.age_until": "최대 나이",
    "setting.sex": "성별",
    "setting.regions": "지역",
    "setting.systems": "기기",
    "setting.member_limit": "한 사람 참여 횟수",
    "setting.exclusions": "제외 명단",
}


class FieldLocked(DomainError):
    """fields: paths of what may not be changed any more."""

    code = "campaign.field_locked"
    message = "지금은 바꿀 수 없는 항목이에요: {names}. {instead}"

    def __init__(self, *, fields: list[str], names: str, instead: str) -> None:
        super().__init__(fields=fields, names=names, instead=instead)


class OnlyMore(DomainError):
    """field: the path of what may only grow."""

    code = "campaign.only_more"
    message = "지금보다 줄일 수 없는 항목이에요: {name}. 늘리는 것은 언제든 할 수 있어요."
    http_status = 422

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(field=field, name=name)


INSTEAD_LIVE = "진행 중에는 이름, 예산 늘리기, 종료 늦추기만 할 수 있어요. 다른 내용으로 하려면 복제해서 새 캠페인을 만들어 주세요."
INSTEAD_RAFFLE = "래플의 경품과 기간은 승인된 뒤에는 그대로예요. 다른 내용으로 하려면 복제해서 새 캠페인을 만들어 주세요."
INSTEAD_BEFORE = "다른 내용으로 하려면 복제해서 새 캠페인을 만들어 주세요."


def lock_of(path: str, type_key: str) -> Lock:
    """The rule for a field of a campaign of this type. A field that nobody wrote down has the rule of its step."""
    if path in OF_A_RAFFLE and types.get(type_key).enters_raffle:
        return OF_A_RAFFLE[path]
    return LOCKS.get(path) or LOCKS[path.partition(".")[0]]


def is_open(path: str, state: str, type_key: str) -> bool:
    """True when the field of a campaign of this type may be changed in this state."""
    if state in OVER:
        return False
    closed_in = {Lock.NEVER: (), Lock.UNTIL_RUNNING: LIVE, Lock.UNTIL_APPROVED: APPROVED, Lock.ALWAYS: tuple(State)}
    return state not in closed_in[lock_of(path, type_key)]


def refuse(changes: Iterable[str], *, before: dict[str, Any], after: dict[str, Any], state: str) -> None:
    """
    changes: paths that differ; before, after: the contents by path (`versions.flat`).

    :raises FieldLocked: one of them may not be changed in this state.   :raises OnlyMore: budget or end would shrink.
    """
    changed = list(changes)
    if closed := [path for path in changed if not is_open(path, state, before["type"])]:
        raise locked(closed, before["type"], state=state)
    for path in changed:
        if state in ONLY_MORE.get(path, ()) and not is_more(path, before[path], after[path]):
            raise OnlyMore(field=path, name=label_of(path, before["type"]))


def locked(paths: list[str], type_key: str, *, state: str) -> FieldLocked:
    """The refusal for fields that may not be changed, with what can be done instead."""
    promised = [path for path in paths if lock_of(path, type_key) == Lock.UNTIL_APPROVED]
    instead = INSTEAD_RAFFLE if promised else INSTEAD_LIVE if state in LIVE else INSTEAD_BEFORE
    return FieldLocked(fields=paths, names=", ".join(label_of(path, type_key) for path in paths), instead=instead)


def is_more(path: str, before: Any, after: Any) -> bool:
    """True when the value grows: moments later, numbers higher."""
    if path == "setting.ends_at":
        return datetime.fromisoformat(after) > datetime.fromisoformat(before)
    return bool(after > before)


def needs_review(path: str, *, before: Any, after: Any) -> bool:
    """False for what takes effect at once on an approved campaign: more budget, a later end."""
    return path not in ONLY_MORE or not is_more(path, before, after)


def may_go_live(path: str) -> bool:
    """True when an approved version may change the field of a campaign that has begun."""
    return path.startswith(SHOWN_STEP)


def label_of(path: str, type_key: str) -> str:
    """The name of a field as people read it."""
    if path in LABELS:
        return LABELS[path]
    name = path.partition(".")[2]
    field = types.get(type_key).fields.model_fields.get(name)
    return (field.title if field else None) or name
