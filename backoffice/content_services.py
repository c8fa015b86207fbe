"""What operators do in the content room: one call into the domain each, kept with who and why."""

from datetime import date, datetime

from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice.services import note, take_turn
from identity.models import LegalText, User
from inquiries import publishing
from inquiries.models import Guide, GuideSnapshot
from inquiries.notion import copies


def announce_text(*, slug: str, effective_on: date, text: str, change: str, is_adverse: bool, by: User, at: datetime) -> LegalText:
    """
    Announce a new wording of a legal text.

    :raises legal.TextRefused: its day is too near, or not after the day of every wording that is there.
    """
    with transaction.atomic(durable=True):
        take_turn(f"legal_text.{slug}")
        row = publishing.announce_text(slug=slug, effective_on=effective_on, text=text, change=change, is_adverse=is_adverse, by=by, at=at)
        note(row=row, by=by, reason=change[:200], at=at, flag=ADDITION)
        return row


def copy_guide(*, guide: Guide, by: User, at: datetime) -> GuideSnapshot:
    """
    Let the queue fetch the page of a guide from Notion.

    :raises copies.NotConnected: there is no secret or no page.   :raises copies.StillFetching: the copy before is on its way.
    """
    with transaction.atomic(durable=True):
        row = copies.ask(guide=guide, by=by, at=at)
        note(row=guide, by=by, reason="노션에서 가져오기", at=at)
        return row


def publish_copy(*, snapshot: GuideSnapshot, by: User, reason: str, at: datetime) -> None:
    """
    Show people a copy.

    :raises copies.NotReady: it waits for nobody's decision.
    """
    with transaction.atomic(durable=True):
        row = copies.publish(snapshot=snapshot, by=by, at=at)
        note(row=row.guide, by=by, reason=f"노션 사본 게시: {reason}", at=at)


def drop_copy(*, snapshot: GuideSnapshot, by: User, reason: str, at: datetime) -> None:
    """
    Do not show a copy.

    :raises copies.NotReady: it waits for nobody's decision.
    """
    with transaction.atomic(durable=True):
        row = copies.drop(snapshot=snapshot)
        note(row=row.guide, by=by, reason=f"노션 사본 버림: {reason}", at=at)
