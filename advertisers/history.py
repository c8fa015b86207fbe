"""What changed about an advertiser and its team, in words the advertiser reads."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.db import connection

from advertisers.models import Advertiser, Membership
from identity.models import User

LAST = 200  # changes shown; the tables keep all


@dataclass(frozen=True, slots=True)
class Change:
    """One line. who: a name, or empty for the house and the clock."""

    at: datetime
    who: str
    text: str


# Every snapshot of five tables in one go; user_id: whom it is about.
_SNAPSHOTS = """
    SELECT 'advertiser', to_jsonb(e)::text FROM advertisers_advertiserevent e WHERE e.pgh_obj_id = %(advertiser)s
    UNION ALL
    SELECT 'member', to_jsonb(e)::text FROM advertisers_membershipevent e WHERE e.advertiser_id = %(advertiser)s
    UNION ALL
    SELECT 'limit', to_jsonb(e)::text FROM advertisers_rolelimitevent e WHERE e.advertiser_id = %(advertiser)s
    UNION ALL
    SELECT 'member limit', (to_jsonb(e) || jsonb_build_object('user_id', m.user_id))::text
      FROM advertisers_memberlimitevent e JOIN advertisers_membership m ON m.id = e.membership_id WHERE m.advertiser_id = %(advertiser)s
    UNION ALL
    SELECT 'key', (to_jsonb(e) || jsonb_build_object('user_id', m.user_id))::text
      FROM advertisers_apikeyevent e JOIN advertisers_membership m ON m.id = e.membership_id WHERE m.advertiser_id = %(advertiser)s
"""


def changes(advertiser: Advertiser, *, last: int = LAST) -> list[Change]:
    """The newest changes of the advertiser, its team and its limits, newest first. Two queries."""
    found = list(_changed(_snapshots(advertiser)))
    found.sort(key=lambda pair: (pair[0].pgh_created_at, pair[0].pgh_id), reverse=True)
    found = found[:last]
    people = _names(found)
    return [
        Change(at=event.pgh_created_at, who=people.get(_actor(event) or 0, ""), text=text.format(name=people.get(_subject(event), "")))
        for event, text in found
    ]


def _snapshots(advertiser: Advertiser) -> list[tuple[str, Any]]:
    """(of what, the row as it was), each row's in order."""
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOTS, {"advertiser": advertiser.pk})
        rows = [(of, SimpleNamespace(**json.loads(row))) for of, row in cursor.fetchall()]
    for _, event in rows:
        event.pgh_created_at = datetime.fromisoformat(event.pgh_created_at)
    return sorted(rows, key=lambda row: row[1].pgh_id)


def _changed(snapshots: Iterable[tuple[str, Any]]) -> Iterator[tuple[Any, str]]:
    """(event, sentence) of each change."""
    before: dict[tuple[str, int], Any] = {}
    for of, event in snapshots:
        for text in _WORDS[of](before.get((of, event.pgh_obj_id)), event):
            yield event, text
        before[of, event.pgh_obj_id] = event


def _about_advertiser(before: Any, now: Any) -> Iterator[str]:
    if now.pgh_label == "insert":
        yield "광고주를 만들었어요"
    if before is None:
        return
    if before.renamed_at != now.renamed_at:
        yield "광고주 이름을 바꿨어요"
    if before.kind != now.kind:
        yield f"{Advertiser.Kind(before.kind).label} 회원에서 {Advertiser.Kind(now.kind).label} 회원으로 바꿨어요"
    if before.restricted_reason != now.restricted_reason:
        yield "계정이 제한됐어요" if now.restricted_reason else "계정 제한이 풀렸어요"
    if before.is_active != now.is_active:
        yield "계정을 닫았어요"


def _about_member(before: Any, now: Any) -> Iterator[str]:
    role = Membership.Role(now.role).label
    if now.pgh_label == "insert" or (before and not before.is_active and now.is_active):
        yield f"{{name}} 님이 {role} 역할로 들어왔어요"
    elif before and before.is_active and not now.is_active:
        yield "{name} 님이 팀에서 나왔어요"
    elif before and before.role != now.role:
        yield f"{{name}} 님의 역할이 {Membership.Role(before.role).label}에서 {role} 역할로 바뀌었어요"


def _about_limit(before: Any, now: Any) -> Iterator[str]:
    role = Membership.Role(now.role).label
    yield from (f"{role}의 {words}" for words in _limits(before, now, without="한도 없음"))


def _about_member_limit(before: Any, now: Any) -> Iterator[str]:
    yield from (f"{{name}} 님의 {words}" for words in _limits(before, now, without="역할 한도"))


def _limits(before: Any, now: Any, *, without: str) -> Iterator[str]:
    for name, what in (("monthly_credits", "한 달 한도"), ("monthly_top_up_credits", "한 달 충전 한도")):
        old, new = getattr(before, name, None), getattr(now, name)
        if old != new:
            yield f"{what}: {_limit(old, without)} → {_limit(new, without)}"


def _about_key(before: Any, now: Any) -> Iterator[str]:
    name = now.name.replace("{", "{{").replace("}", "}}")
    if now.pgh_label == "insert":
        yield f"API 키 {name}: 만들었어요"
    elif before and before.revoked_at != now.revoked_at:
        yield f"API 키 {name}: 폐기했어요"
    elif before and before.expires_at != now.expires_at:
        yield f"API 키 {name}: 새 키로 바꿨어요"


_WORDS: dict[str, Callable[[Any, Any], Iterator[str]]] = {
    "advertiser": _about_advertiser, "member": _about_member, "limit": _about_limit, "member limit": _about_member_limit, "key": _about_key,
}  # fmt: skip


def _limit(credits: int | None, without: str) -> str:
    return without if credits is None else f"{credits:,}크레딧"


def _actor(event: Any) -> int | None:
    by: int | None = (event.pgh_context or {}).get("by")
    return by


def _subject(event: Any) -> int:
    return int(getattr(event, "user_id", None) or 0)


def _names(found: Iterable[tuple[Any, str]]) -> dict[int, str]:
    wanted = {number for event, _ in found for number in (_actor(event), _subject(event)) if number}
    return {user.pk: user.get_full_name() for user in User.objects.filter(pk__in=wanted)}
