"""What a member did, newest first. Nothing here writes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from campaigns.models import Participation
from common import cursors, exports
from rewards.models import Member

LIST = "participations"


def history_of(member_id: int, *, cursor: str, limit: int) -> tuple[list[Participation], str]:
    """
    One page of the member's own rows with their campaigns, and the cursor of the next page (empty at the end). Two queries.

    :raises CursorRefused: the cursor is not ours.
    """
    rows = Participation.objects.filter(member_id=member_id).order_by("-started_at", "-public_id")
    if cursor:
        moment, last = cursors.after(cursor, of=LIST)
        started_at = datetime.fromisoformat(moment)
        rows = rows.filter(Q(started_at__lt=started_at) | Q(started_at=started_at, public_id__lt=UUID(last)))
    found = list(rows.prefetch_related("campaign")[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    return page, cursors.place([page[-1].started_at.isoformat(), page[-1].public_id.hex], of=LIST) if more else ""


def own_participation(member_id: int, public_id: UUID) -> Participation | None:
    """The member's participation of this number; None for anybody else's."""
    return Participation.objects.filter(member_id=member_id, public_id=public_id).select_related("campaign").first()


_WAITING = (Participation.State.SUBMITTED, Participation.State.CHECKING, Participation.State.QUARANTINED)


def waiting_of(member_id: int) -> tuple[int, int]:
    """How many of the member's participations wait for a look, and the tickets they would bring. One query."""
    rows = Participation.objects.filter(member_id=member_id, state__in=_WAITING).aggregate(count=Count("*"), tickets=Sum("tickets"))
    return rows["count"], rows["tickets"] or 0


def data_of(member: Member) -> dict[str, Any]:
    """What a member took part in, for the file of their data."""
    rows = Participation.objects.filter(member_id=member.pk).order_by("started_at", "public_id")
    columns = {
        "미션": "campaign__title", "유형": "type", "상태": "state", "티켓": "tickets", "기기": "device", "시작": "started_at",
        "페이지를 연 때": "opened_at", "확정": "confirmed_at",
    }  # fmt: skip
    return {"미션 참여": exports.named(rows, columns)}
