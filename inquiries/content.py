"""What public pages read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.urls import reverse

from common.kst import day_of
from common.portals import ADVERTISER, URLCONFS
from identity import legal
from inquiries.models import Faq, Guide, Notice

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
