"""What operators decide about people's papers, and whose personal data they look at."""

from datetime import date, datetime

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model

from advertisers import papers
from advertisers.models import BusinessPaper
from backoffice.services.journal import note
from identity import access_log, withdrawal
from identity.models import User, WithdrawnPerson

KEPT_WORDS = {
    "login_id": "로그인 아이디", "name": "이름", "email": "이메일", "phone": "휴대전화", "nickname": "별명", "member": "회원 번호",
    "business": "사업자", "company_name": "상호", "registration_number": "사업자등록번호", "representative": "대표자",
}  # fmt: skip


def decide_paper(
    *, paper: BusinessPaper, decision: papers.Decision, by: User, at: datetime, reason: str = "", expires_on: date | None = None
) -> BusinessPaper:
    """
    Decide about a paper of a business, and keep who did.

    :raises papers.PaperReasonMissing, papers.PaperDecided: see `papers.decide`; nothing was written.
    """
    with transaction.atomic(durable=True):
        row = papers.decide(paper=paper, decision=decision, by=by, at=at, reason=reason, expires_on=expires_on)
        note(row=row, by=by, reason=" · ".join(word for word in (row.get_state_display(), row.reason) if word), at=at)
    return row


def look_at_contact(*, person: User, by: User, reason: str, at: datetime) -> None:
    """Write down who looks at whose e-mail and phone, and why."""
    with transaction.atomic(durable=True):
        access_log.note(actor=by, action="contact.viewed", subject=f"user:{person.public_id}", at=at, reason=reason)
        note(row=person, by=by, reason=f"연락처를 봤어요 · {reason}", at=at)


def look_at_withdrawn(*, person: WithdrawnPerson, by: User, reason: str, at: datetime) -> list[tuple[str, str]]:
    """What was kept of somebody who left, in words: (name, value). Who looked, and why, is written down."""
    with transaction.atomic(durable=True):
        kept = withdrawal.look(person=person, by=by, at=at)
        note(row=person, by=by, reason=f"보관 기록을 봤어요 · {reason}", at=at)
    return [(KEPT_WORDS.get(name, name), str(value)) for name, value in kept.items() if value]


def take_export(*, model: type[Model], count: int, reason: str, by: User, at: datetime) -> None:
    """Write down who takes a list along as a file, of how many rows, and why."""
    with transaction.atomic(durable=True):
        access_log.note(actor=by, action="list.exported", subject=f"list:{model._meta.label_lower}:{count}", at=at, reason=reason)
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(model),
            object_repr=f"목록 {count:,}건",
            action_flag=CHANGE,
            change_message=f"파일로 받았어요 · {reason}",
            action_time=at,
        )
