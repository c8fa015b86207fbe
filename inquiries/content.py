"""What public pages read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from django.conf import settings
from django.urls import reverse

from common.kst import day_of
from common.portals import ADVERTISER, URLCONFS
from identity import legal
from inquiries.models import Faq, Guide, Inquiry, Notice

MOST_HELP = 4
_HELP_OF: dict[str, tuple[str, ...]] = {
    Inquiry.Topic.PAYMENT: (Faq.Topic.CREDIT, Faq.Topic.REFUND),
    Inquiry.Topic.CAMPAIGN: (Faq.Topic.CAMPAIGN,),
    Inquiry.Topic.ACCOUNT: (Faq.Topic.START,),
}
HOMEPAGES = ("inquiries:landing", "inquiries:pricing", "inquiries:faq", "inquiries:guides", "inquiries:notices", "inquiries:contact")


@dataclass(frozen=True, slots=True)
class FaqSection:
    """The questions of one topic, in their order."""

    slug: str
    title: str
    questions: tuple[Faq, ...]


def sections(questions: Iterable[Faq]) -> tuple[FaqSection, ...]:
    """Questions that come ordered by topic, by topic."""
    return tuple(
        FaqSection(slug=topic.partition("_")[2].lower(), title=str(Faq.Topic(topic).label), questions=tuple(found))
        for topic, found in groupby(questions, key=lambda faq: faq.topic)
    )


def help_for(*, topic: str, title: str) -> tuple[list[Faq], list[Guide]]:
    """
    What may answer a question before somebody asks it: what has its words first, then what is of its topic. Two queries.

    topic: of `Inquiry.Topic`, or empty.   title: as far as it was typed.
    """
    stems = _stems(title)
    of_topic = _HELP_OF.get(topic, ())
    faqs = _fitting(Faq.objects.shown(), lambda faq: 10 * _hits(stems, faq.question, faq.answer) + (faq.topic in of_topic))
    guides = _fitting(Guide.objects.shown(), lambda guide: _hits(stems, guide.title, guide.summary))
    return faqs or list(Faq.objects.of_the_landing_page()[:MOST_HELP]), guides


_Row = TypeVar("_Row", Faq, Guide)


def _fitting(rows: Iterable[_Row], fits: Callable[[_Row], int]) -> list[_Row]:
    """The few that fit best, in their order where they fit alike."""
    found = [(fits(row), row) for row in rows]
    return [row for points, row in sorted(found, key=lambda one: -one[0]) if points][:MOST_HELP]


def _stems(text: str) -> list[str]:
    """The words of a sentence without what may hang at their end: 환불은, 환불을 and 환불이요 are all 환불."""
    return list(dict.fromkeys(word[: max(2, len(word) - 2)] for word in text.split() if len(word) > 1))


def _hits(stems: list[str], *texts: str) -> int:
    return sum(any(stem in text for text in texts) for stem in stems)


def addresses(*, at: datetime) -> Iterator[str]:
    """Every public page that search engines may list, with its full address. Two queries."""
    origin, urlconf = settings.PORTAL_ORIGINS[ADVERTISER], URLCONFS[ADVERTISER]
    pages: list[tuple[str, dict[str, object]]] = [(name, {}) for name in HOMEPAGES]
    pages += [("inquiries:terms", {"slug": slug}) for slug in legal.FIRST]
    pages += [("inquiries:guide", {"slug": slug}) for slug in Guide.objects.shown().values_list("slug", flat=True)]
    pages += [("inquiries:notice", {"public_id": number}) for number in Notice.objects.shown(at).values_list("public_id", flat=True)]
    for name, kwargs in pages:
        yield origin + reverse(name, urlconf=urlconf, kwargs=kwargs)


def legal_page(slug: str, *, version: str = "", at: datetime) -> dict[str, object]:
    """
    One legal text for its page: the wording of this version, else the one that holds, with the list of all. One query.

    :raises KeyError: no such text or version.
    """
    found = legal.wordings(slug)
    holds = legal.holding(found, on=day_of(at))
    wording = {one.version: one for one in found}[version] if version else holds
    coming = [one for one in found if one.effective_on > holds.effective_on]
    return {"text": wording, "wordings": found, "holds": holds, "coming": coming, "texts": legal.FIRST.values()}
