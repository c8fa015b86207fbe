"""
Legal texts and their wordings. The first wording of each is a template of the house; what operators announce later are rows, never changed.
The newest wording whose day has come is what holds, and every older one can still be read: people agreed to it by its day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from common.errors import DomainError
from common.kst import day_of
from common.transactions import joined
from identity.models import LegalText, User

Slug = LegalText.Slug
FIRST_ON: Final = date(2026, 11, 25)
NOTICE_DAYS, ADVERSE_NOTICE_DAYS = 7, 30  # 이용약관 8조: how long before its day a change is announced


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording. template: where the first one stands.   text: Markdown of a later one.   change: what is different, or empty."""

    slug: str
    title: str
    effective_on: date
    template: str = ""
    text: str = ""
    change: str = ""

    @property
    def version(self) -> str:
        """How consents name it."""
        return self.effective_on.isoformat()


FIRST: Final = {
    slug.value: Wording(slug=slug.value, title=str(slug.label), effective_on=FIRST_ON, template=f"public/terms_{slug.value}.html")
    for slug in Slug
}


class TextRefused(DomainError):
    """A new wording that cannot be announced like this."""

    code = "legal.refused"
    message = "이 문서를 공고할 수 없어요. {why}"
    http_status = 422


def wordings(slug: str) -> tuple[Wording, ...]:
    """
    Every wording of a text, newest first, those that are announced for later included. One query.

    :raises KeyError: no such text.
    """
    first = FIRST[slug]
    later = [
        Wording(slug=slug, title=first.title, effective_on=row.effective_on, text=row.text, change=row.change)
        for row in LegalText.objects.filter(slug=slug).order_by("-effective_on")
    ]
    return (*later, first)


def holding(found: tuple[Wording, ...], *, on: date) -> Wording:
    """Of all wordings of a text, newest first, the one that holds on a KST day; the first one held from the beginning."""
    return next((wording for wording in found if wording.effective_on <= on), found[-1])


def versions_on(day: date) -> dict[str, str]:
    """Slug → version of what holds on a KST day. One query."""
    newest = LegalText.objects.filter(effective_on__lte=day).order_by("slug", "-effective_on").distinct("slug")
    later = {row.slug: row.effective_on.isoformat() for row in newest.only("slug", "effective_on")}
    return {slug: later.get(slug, first.version) for slug, first in FIRST.items()}


def publish(*, slug: str, effective_on: date, text: str, change: str, is_adverse: bool, by: User, at: datetime) -> LegalText:
    """
    Announce a wording that holds from a KST day on. Joins the caller's transaction.

    :raises TextRefused: its day is too near, or not after the day of every wording that is there.
    """
    joined("a legal text")
    newest = LegalText.objects.select_for_update().filter(slug=slug).order_by("-effective_on").first()
    days = ADVERSE_NOTICE_DAYS if is_adverse else NOTICE_DAYS
    earliest = day_of(at) + timedelta(days=days)
    if effective_on < earliest:
        raise TextRefused(why=f"{days}일 전에 알려야 해서 시행일은 {earliest:%Y년 %m월 %d일}부터 정할 수 있어요.")
    last = newest.effective_on if newest else FIRST[slug].effective_on
    if effective_on <= last:
        raise TextRefused(why=f"이미 공고한 문서의 시행일({last:%Y년 %m월 %d일})보다 늦어야 해요.")
    return LegalText.objects.create(
        slug=slug, effective_on=effective_on, text=text, change=change, is_adverse=is_adverse, published_at=at, published_by=by
    )
