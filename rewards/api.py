"""The reward app's doors to what a member owns."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field, StringConstraints

from common import cursors, portals
from common.schemas import FormWhole, Input, Output
from credits import selectors as balances
from identity import notifications
from rewards import attendance, profile, referrals, statement
from rewards.app_auth import AppRequest, acting_member
from rewards.models import Member
from rewards.profile import ChangeIn

router = Router(tags=["회원"])


class MeOut(Output):
    """
    tickets: in the wallet now.   birth_year, sex: as an identity check says.   region: as the member says.   is_proved: an identity check
    was done, as the first exchange asks for.
    """

    id: UUID
    nickname: str
    tickets: int
    birth_year: int | None
    sex: str
    region: str
    is_proved: bool


class WalletOut(Output):
    """tickets: in the wallet now.   earned, spent, reversed: ever; what waits for a look is in `participations/waiting`."""

    tickets: int
    earned: int
    spent: int
    reversed: int


class AttendanceOut(Output):
    """
    is_there: today was noted.   streak: days in a row.   freezes: each keeps the streak over a day missed.   tickets: that today brings, or
    brought.   until_bonus: days until the next week is full.
    """

    is_there: bool
    streak: int
    freezes: int
    tickets: int
    until_bonus: int


class InvitationOut(Output):
    """
    link: to be shared.   friend_tickets, inviter_tickets: when a friend's first mission is confirmed.   paid_lately: friends of the last
    thirty days that brought me tickets; above most_friends none do.
    """

    code: str
    link: str
    friend_tickets: int
    inviter_tickets: int
    paid_lately: int
    most_friends: int


class NoticeOut(Output):
    """url: a page of the web portal that it is about, or empty."""

    id: UUID
    title: str
    body: str
    url: str
    at: datetime
    is_read: bool


class NoticePage(Output):
    """unread: in all.   next: cursor of the following page; empty at the end."""

    items: list[NoticeOut]
    unread: int
    next: str


class LineOut(Output):
    """
    One line of the statement. amount: tickets, below zero when they went out.   balance: afterwards.   what, words: why, in Korean.
    is_reversal: tickets that were taken back.
    """

    id: int
    at: datetime
    what: str
    words: str
    amount: int
    balance: int
    is_reversal: bool


class StatementPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[LineOut]
    next: str


class PageQuery(Input):
    """cursor: `next` of the page before; empty for the first."""

    cursor: Annotated[str, StringConstraints(max_length=cursors.LONGEST)] = ""
    limit: Annotated[FormWhole, Field(ge=1, le=100)] = 20


@router.get("/me", response=MeOut, summary="나")
def me(request: AppRequest) -> MeOut:
    """Who is signed in."""
    return _shown(acting_member(request))


@router.patch("/me", response=MeOut, summary="내 정보 바꾸기")
def change_me(request: AppRequest, said: ChangeIn) -> MeOut:
    """Another nickname, or where I live, which may be changed again after a while. What is left out stays."""
    member = acting_member(request)
    return _shown(profile.change(member=member, region=said.region, nickname=said.nickname, at=timezone.now()))


@router.get("/wallet", response=WalletOut, summary="내 티켓")
def wallet(request: AppRequest) -> WalletOut:
    """The member's tickets, and what came and went."""
    member = acting_member(request)
    sums = balances.ticket_sums(member.pk)
    tickets = balances.member_tickets(member.pk)
    return WalletOut(tickets=tickets, earned=sums.earned, spent=sums.spent, reversed=sums.reversed)


@router.get("/wallet/lines", response=StatementPage, summary="티켓 내역")
def wallet_lines(request: AppRequest, page: Query[PageQuery]) -> StatementPage:
    """Every ticket that came or went, newest first, as the books have it."""
    found = statement.page_of(acting_member(request).pk, cursor=page.cursor, limit=page.limit)
    return StatementPage(items=[LineOut.model_validate(line) for line in found.lines], next=found.following)


@router.get("/attendance", response=AttendanceOut, summary="출석")
def attendance_state(request: AppRequest) -> AttendanceOut:
    """Where I stand today."""
    return AttendanceOut.model_validate(attendance.standing_of(acting_member(request), at=timezone.now()))


@router.post("/attendance", response={200: AttendanceOut, 201: AttendanceOut}, summary="출석하기")
def attend(request: AppRequest) -> Status[AttendanceOut]:
    """Be there today. 201 when this call was the first of the KST day, 200 when it was noted before."""
    member, at = acting_member(request), timezone.now()
    _, is_new = attendance.attend(member=member, at=at)
    return Status(201 if is_new else 200, AttendanceOut.model_validate(attendance.standing_of(member, at=at)))


@router.get("/invitation", response=InvitationOut, summary="친구 초대")
def invitation(request: AppRequest) -> InvitationOut:
    """My code and what it brings."""
    member, at = acting_member(request), timezone.now()
    code = referrals.code_of(member)
    return InvitationOut(
        code=code,
        link=f"{portals.absolute(portals.LUCKFFLE, 'rewards:signup')}?invitation={code}",
        friend_tickets=referrals.FRIEND_TICKETS.at(at),
        inviter_tickets=referrals.INVITER_TICKETS.at(at),
        paid_lately=referrals.paid_lately(member, at=at),
        most_friends=referrals.MOST_FRIENDS.at(at),
    )


@router.get("/inbox", response=NoticePage, summary="알림")
def inbox(request: AppRequest, page: Query[PageQuery]) -> NoticePage:
    """What I was told, newest first."""
    user = acting_member(request).user
    rows, following = notifications.newest(user, cursor=page.cursor, limit=page.limit)
    items = [
        NoticeOut(id=row.public_id, title=row.title, body=row.body, url=row.url, at=row.created_at, is_read=row.is_read) for row in rows
    ]
    return NoticePage(items=items, unread=notifications.unread_count(user), next=following)


@router.post("/inbox/read", response={204: None}, summary="알림 모두 읽음")
def read_inbox(request: AppRequest) -> Status[None]:
    """Mark everything I was told so far as read."""
    notifications.mark_all_read(user=acting_member(request).user, at=timezone.now())
    return Status(204, None)


def _shown(member: Member) -> MeOut:
    return MeOut(
        id=member.public_id,
        nickname=member.nickname,
        tickets=balances.member_tickets(member.pk),
        birth_year=member.birth_year,
        sex=member.sex,
        region=member.region,
        is_proved=bool(member.person_hash),
    )
