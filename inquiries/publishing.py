"""What operators publish: legal texts that change, and copies of guides."""

from datetime import date, datetime

from django.urls import reverse

from common.portals import ADVERTISER, URLCONFS
from identity import legal
from identity.models import LegalText, User
from inquiries.models import Notice


def announce_text(*, slug: str, effective_on: date, text: str, change: str, is_adverse: bool, by: User, at: datetime) -> LegalText:
    """
    Announce a new wording of a legal text, with a notice that says what changes. Joins the caller's transaction.

    :raises legal.TextRefused: its day is too near, or not after the day of every wording that is there.
    """
    row = legal.publish(slug=slug, effective_on=effective_on, text=text, change=change, is_adverse=is_adverse, by=by, at=at)
    page = reverse("inquiries:terms-version", urlconf=URLCONFS[ADVERTISER], args=[slug, effective_on.isoformat()])
    name, day = row.get_slug_display(), f"{effective_on.year}년 {effective_on.month}월 {effective_on.day}일"
    Notice.objects.create(
        title=f"{day}부터 {name}이 바뀌어요",
        text=f"{change}\n\n[바뀌는 {name} 보기]({page})\n\n동의하지 않으면 시행 전까지 이용을 끝낼 수 있어요.",
        shown_from=at,
    )
    return row
