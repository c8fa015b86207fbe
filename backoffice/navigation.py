"""The rooms in the sidebar: those that exist, those the operator may enter, with the work that waits in them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from backoffice import rights, selectors
from backoffice.rights import Right


@dataclass(frozen=True, slots=True)
class Room:
    """One link of the sidebar. needs: the right to enter.   waiting: key in `selectors.waiting`, shown as a count."""

    title: str
    icon: str
    name: str
    needs: Right | None = None
    waiting: str = ""


GROUPS: tuple[tuple[str, tuple[Room, ...]], ...] = (
    (
        "살펴보기",
        (Room("운영 현황", "speed", "index"),),
    ),
    (
        "광고주와 회원",
        (
            Room("광고주", "apartment", "advertisers_advertiser_changelist", Right.SEE_PEOPLE),
            Room("구성원", "badge", "advertisers_membership_changelist", Right.SEE_PEOPLE),
            Room("럭플 회원", "group", "rewards_member_changelist", Right.SEE_PEOPLE),
        ),
    ),
    (
        "시스템",
        (
            Room("바깥 작업", "sync", "common_effect_changelist", Right.SEE_SYSTEM, waiting="parked_effects"),
            Room("받은 웹훅", "webhook", "common_inboundwebhook_changelist", Right.SEE_PAYMENTS),
            Room("정책 설정", "tune", "common_datedsetting_changelist", Right.SEE_SYSTEM),
            Room("사용자", "person", "identity_user_changelist", Right.SEE_SYSTEM),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The theme's navigation for this operator."""
    waiting = selectors.waiting_for(request)
    groups = []
    for title, rooms in GROUPS:
        items = [_item(room, waiting) for room in rooms if room.needs is None or rights.has(request.user, room.needs)]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(room: Room, waiting: dict[str, int]) -> dict[str, Any]:
    item: dict[str, Any] = {"title": room.title, "icon": room.icon, "link": reverse(f"backoffice:{room.name}")}
    if count := waiting.get(room.waiting, 0):
        item["badge"] = f"{count:,}"
    return item


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """The operator's own account."""
    return [
        {"title": "비밀번호 바꾸기", "link": reverse("account_change_password")},
        {"title": "2단계 인증", "link": reverse("mfa_index")},
    ]
