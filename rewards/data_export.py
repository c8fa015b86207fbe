"""
Everything we know of a member, as one JSON file, made outside the request and kept for a while in private storage.

Each app says in `settings.DATA_EXPORT_PARTS` which function gives its part: `part(member, at) -> {"title": JSON-ready}`.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from common import dated, effects, exports, uploads
from common.errors import DomainError
from common.kst import SEOUL
from credits.models import Kind, Posting
from identity import access_log, consents, notifications
from identity.models import Notification
from rewards.models import Attendance, DataExport, GifticonOrder, Member, RaffleEntry, Referral

EFFECT = "rewards.data_export"
FOLDER = "exports"
State = DataExport.State
LIVES_DAYS = dated.define("rewards.data_export_days", default=7, label="내 데이터 파일을 받을 수 있는 기간", least=1, most=30, unit="일")
AGAIN_AFTER = timedelta(days=1)


class ExportJustAsked(DomainError):
    """One a day: the file has everything."""

    code = "member.export_just_asked"
    message = "내 데이터 파일은 하루에 한 번 만들 수 있어요. {again}부터 다시 만들 수 있어요."
    http_status = 429


def ask(*, member: Member, at: datetime) -> DataExport:
    """
    Have the file made. Owns the transaction; while one is being made it is returned again.

    :raises ExportJustAsked: one was asked for less than a day ago.
    """
    with transaction.atomic(durable=True):
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        newest = newest_of(member)
        if newest is not None and newest.state == State.WAITING:
            return newest
        if newest is not None and at < newest.requested_at + AGAIN_AFTER:
            again = (newest.requested_at + AGAIN_AFTER).astimezone(SEOUL)
            raise ExportJustAsked(again=f"{again.month}월 {again.day}일 {again:%H:%M}")
        row = DataExport.objects.create(member=member, requested_at=at)
        effects.add(EFFECT, key=f"data_export:{row.public_id}", at=at, export=row.pk)
        access_log.note(actor=member.user, action="member.export_asked", subject=f"user:{member.user.public_id}", at=at)
        return row


def newest_of(member: Member) -> DataExport | None:
    """The member's newest file, made or being made."""
    return DataExport.objects.filter(member=member).order_by("-requested_at", "-pk").first()


def fetchable(member: Member, *, at: datetime) -> DataExport | None:
    """The file that may be fetched now."""
    found = newest_of(member)
    return found if found is not None and found.is_ready and found.expires_at is not None and at < found.expires_at else None


def read(export: DataExport) -> bytes:
    """The bytes of a file that is ready."""
    with storages["private"].open(export.file) as file:
        return bytes(file.read())


def make(export: DataExport, *, at: datetime) -> str:
    """Write the file and give its name. Made again it replaces the earlier one."""
    member = export.member
    parts: dict[str, Any] = {"만든 때": at.astimezone(SEOUL).isoformat()}
    for path in settings.DATA_EXPORT_PARTS:
        parts |= import_string(path)(member)
    name = _name_of(export.public_id)
    uploads.remove([name])
    storages["private"].save(name, ContentFile(json.dumps(parts, ensure_ascii=False, indent=2, default=str).encode()))
    return name


def _name_of(public_id: UUID | str) -> str:
    return f"{FOLDER}/{public_id}.json"


def drop(public_id: UUID | str) -> None:
    """Delete the file of an export, if there is one."""
    uploads.remove([_name_of(public_id)])


def forget(*, member: Member) -> None:
    """Delete all files of a member who leaves, and what says that there were any. Joins the caller's transaction."""
    rows = list(DataExport.objects.select_for_update().filter(member=member))
    DataExport.objects.filter(pk__in=[row.pk for row in rows]).delete()
    transaction.on_commit(lambda: uploads.remove(_name_of(row.public_id) for row in rows))


def record(*, export_id: int, file: str, at: datetime) -> None:
    """
    Note that the file is there, and tell the member. Joins the transaction of the effect; the same file twice is once. Of somebody who
    left while it was being made it goes again.
    """
    row = DataExport.objects.select_for_update(of=("self",)).select_related("member__user").filter(pk=export_id).first()
    if row is None or not row.member.is_active:
        transaction.on_commit(lambda: uploads.remove([file]))
        return
    if row.is_ready:
        return
    row.state, row.file, row.ready_at, row.expires_at = State.READY, file, at, at + timedelta(days=LIVES_DAYS.at(at))
    row.save(update_fields=["state", "file", "ready_at", "expires_at"])
    notifications.notify(
        user=row.member.user,
        kind="rewards.data_export",
        title="내 데이터 파일이 준비됐어요",
        body=f"{LIVES_DAYS.at(at)}일 안에 내 정보에서 받아 주세요.",
        url="/luckffle/me/data/",
        key=f"data_export:{row.public_id}:ready",
        at=at,
        channels=("in_app",),
    )


def erase(*, until: datetime) -> int:
    """Delete files that were asked for before `until`, and what says that there was one; how many."""
    old = list(DataExport.objects.filter(requested_at__lte=until))
    DataExport.objects.filter(pk__in=[row.pk for row in old]).delete()
    transaction.on_commit(lambda: uploads.remove(row.file for row in old if row.file))
    return len(old)


def part(member: Member) -> dict[str, Any]:
    """What this floor and those below know of a member."""
    user = member.user
    return {
        "회원": {
            "별명": member.nickname, "휴대전화": user.phone, "이름": user.name, "태어난 해": member.birth_year,
            "성별": member.get_sex_display(), "사는 지역": member.get_region_display(), "가입": member.created_at,
            "본인확인": bool(member.person_hash),
        },
        "동의": [
            {"문서": answer.name, "버전": answer.version, "동의": answer.given, "언제": answer.at}
            for answer in consents.answers_of(user, at=timezone.now())
        ],
        "티켓 내역": exports.named(
            Posting.objects.filter(account__member_id=member.pk, account__kind=Kind.WALLET).order_by("pk"),
            {"언제": "entry__occurred_at", "무엇": "entry__kind", "이유": "entry__reason", "티켓": "amount", "남은 티켓": "balance_after"},
        ),
        "래플 응모": exports.named(
            RaffleEntry.objects.filter(member_id=member.pk).order_by("pk"),
            {"래플": "raffle__title", "번호 수": "chances", "쓴 티켓": "tickets", "언제": "entered_at"},
        ),
        "기프티콘": exports.named(
            GifticonOrder.objects.of(member.pk).order_by("pk"),
            {"상품": "gifticon__name", "쓴 티켓": "tickets", "상태": "state", "언제": "ordered_at", "유효기간": "valid_until"},
        ),
        "출석": exports.named(
            Attendance.objects.filter(member=member).order_by("attended_on"), {"날": "attended_on", "연속": "streak", "티켓": "tickets"}
        ),
        "초대한 친구": exports.named(
            Referral.objects.filter(inviter=member).order_by("pk"), {"가입": "joined_at", "상태": "state", "받은 티켓": "inviter_tickets"}
        ),
        "알림": exports.named(
            Notification.objects.filter(user=user).order_by("pk"), {"제목": "title", "내용": "body", "언제": "created_at"}
        ),
    }  # fmt: skip
