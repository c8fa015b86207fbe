"""Copying a guide from Notion: asked for by an operator, fetched by the queue, compared, published or dropped by an operator again."""

import difflib
import html
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.html import escape, strip_tags

from common import effects, uploads
from common.errors import DomainError
from common.kst import day_of
from common.portals import ADVERTISER, URLCONFS
from common.transactions import joined
from identity import notifications
from identity.models import User
from inquiries.models import Guide, GuideSnapshot, SnapshotPicture
from inquiries.notion import api
from inquiries.notion.drawing import Drawing

FOLDER: Final = "guides"
MOST_PICTURES: Final = 40
State = GuideSnapshot.State
_ENDS = re.compile(r"</(?:p|h[2-4]|li|tr|pre|summary|figcaption|blockquote|div)>|<br>|<hr>")


class NotConnected(DomainError):
    """There is no secret, or the guide names no page."""

    code = "notion.not_connected"
    message = "노션과 연결되어 있지 않아요. 연결 열쇠와 가이드의 노션 페이지 번호를 확인해 주세요."


class StillFetching(DomainError):
    """A copy of this guide is on its way."""

    code = "notion.still_fetching"
    message = "이 가이드를 이미 가져오고 있어요. 끝난 뒤에 다시 눌러 주세요."


class NotReady(DomainError):
    """This copy is none that could be published or dropped any more."""

    code = "notion.not_ready"
    message = "확인을 기다리는 사본이 아니에요. 화면을 새로 고쳐 주세요."


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference. sign: "+" is new, "-" is gone, " " stands beside it."""

    sign: Literal["+", "-", " "]
    text: str


def ask(*, guide: Guide, by: User, at: datetime) -> GuideSnapshot:
    """
    Let the queue fetch the page of a guide. Joins the caller's transaction.

    :raises NotConnected: there is no secret or no page.   :raises StillFetching: the copy before is on its way.
    """
    if not settings.NOTION_SECRET or not guide.notion_page:
        raise NotConnected
    try:
        with transaction.atomic():
            row = GuideSnapshot.objects.create(guide=guide, asked_by=by, asked_at=at)
            effects.add("inquiries.copy_guide", key=f"guide_snapshot:{row.public_id}", at=at, snapshot=row.pk)
            return row
    except IntegrityError:
        raise StillFetching from None


def fetch(page_id: str) -> dict[str, Any]:
    """
    Read a page and draw it; its pictures are stored. JSON-ready, for `keep`.

    :raises GatewayError: see `api.Notion`.
    """
    reading = api.Notion()
    pictures: list[dict[str, Any]] = []

    def stored(url: str, words: str) -> str:
        found = _stored(url) if len(pictures) < MOST_PICTURES else None
        if found is None:
            return ""
        pictures.append(found)
        address = reverse("inquiries:guide-picture", urlconf=URLCONFS[ADVERTISER], args=[found["public_id"]])
        return f'<img src="{address}" alt="{escape(words)}" width="{found["width"]}" height="{found["height"]}" loading="lazy">'

    page = reading.page(page_id)
    drawing = Drawing(picture=stored, guides=_guides())
    drawn = drawing.draw(reading.children(page_id))
    return {
        "title": page.title, "html": drawn, "left_out": dict(drawing.left_out), "edited_at": page.edited_at, "pictures": pictures,
    }  # fmt: skip


def keep(*, snapshot: int, found: dict[str, Any]) -> None:
    """Write down what was fetched; an operator looks at it then. Joins the caller's transaction; the same result again changes nothing."""
    row = GuideSnapshot.objects.select_for_update().get(pk=snapshot)
    if row.state != State.ASKED:
        transaction.on_commit(lambda: uploads.remove(picture["file"] for picture in found["pictures"]))
        return
    row.state, row.title, row.html = State.READY, found["title"], found["html"]
    row.left_out, row.edited_at = found["left_out"], found["edited_at"]
    row.save(update_fields=["state", "title", "html", "left_out", "edited_at"])
    SnapshotPicture.objects.bulk_create([SnapshotPicture(snapshot=row, **picture) for picture in found["pictures"]])


def fail(*, snapshot: int, detail: str) -> None:
    """It could not be fetched; what people read stays. Joins the caller's transaction."""
    GuideSnapshot.objects.filter(pk=snapshot, state=State.ASKED).update(state=State.FAILED, detail=detail[:60])


def publish(*, snapshot: GuideSnapshot, by: User, at: datetime) -> GuideSnapshot:
    """
    Show people this copy from now on. Joins the caller's transaction.

    :raises NotReady: it waits for nobody's decision.
    """
    joined("a copy")
    guide = Guide.objects.select_for_update().get(pk=snapshot.guide_id)
    row = GuideSnapshot.objects.select_for_update().get(pk=snapshot.pk)
    if row.state != State.READY:
        raise NotReady
    row.state, row.published_at, row.published_by = State.PUBLISHED, at, by
    row.save(update_fields=["state", "published_at", "published_by"])
    guide.published, guide.changed_in_notion_at = row, None
    guide.save(update_fields=["published", "changed_in_notion_at"])
    return row


def drop(*, snapshot: GuideSnapshot) -> GuideSnapshot:
    """
    Do not show this copy. Its pictures go. Joins the caller's transaction.

    :raises NotReady: it waits for nobody's decision.
    """
    joined("a copy")
    row = GuideSnapshot.objects.select_for_update().get(pk=snapshot.pk)
    if row.state != State.READY:
        raise NotReady
    files = list(row.pictures.values_list("file", flat=True))
    row.pictures.all().delete()
    row.state = State.DROPPED
    row.save(update_fields=["state"])
    transaction.on_commit(lambda: uploads.remove(files))
    return row


def plan_looks(*, at: datetime) -> int:
    """Let the queue look whether pages changed since they were copied, once a KST day each; how many."""
    if not settings.NOTION_SECRET:
        return 0
    with transaction.atomic(durable=True):
        guides = list(Guide.objects.filter(published__isnull=False, changed_in_notion_at__isnull=True).exclude(notion_page=""))
        for guide in guides:
            effects.add("inquiries.look_at_guide", key=f"guide:{guide.pk}:look:{day_of(at)}", at=at, guide=guide.pk)
        return len(guides)


def changed(*, guide: int, edited_at: datetime, at: datetime) -> None:
    """The page was edited at this moment: when that is after the copy, operators hear of it. Joins the caller's transaction."""
    row = Guide.objects.select_for_update(of=("self",)).select_related("published").get(pk=guide)
    if row.published is None or row.published.edited_at is None or edited_at <= row.published.edited_at:
        return
    row.changed_in_notion_at = edited_at
    row.save(update_fields=["changed_in_notion_at"])
    notifications.alert_operators(
        kind="inquiries.guide_changed",
        title="노션에서 가이드가 바뀌었어요",
        body=f"{row.title}. 콘텐츠 방에서 다시 가져와 확인해 주세요.",
        key=f"guide:{row.pk}:changed:{edited_at.isoformat()}",
        at=at,
    )


def difference(old: str, new: str) -> tuple[Line, ...]:
    """What is new and what is gone, in lines of text, with two lines around each change."""
    lines = difflib.unified_diff(list(_lines(old)), list(_lines(new)), n=2, lineterm="")
    return tuple(Line(sign=line[0], text=line[1:]) for line in lines if line[:1] in "+- " and not line.startswith(("+++", "---")))  # type: ignore[arg-type]


def _lines(markup: str) -> Iterator[str]:
    for part in _ENDS.sub("\n", markup).split("\n"):
        if text := " ".join(html.unescape(strip_tags(part)).split()):
            yield text


def _guides() -> dict[str, str]:
    shown = Guide.objects.shown().exclude(notion_page="").values_list("notion_page", "slug")
    return {page: reverse("inquiries:guide", urlconf=URLCONFS[ADVERTISER], args=[slug]) for page, slug in shown}


def _stored(url: str) -> dict[str, Any] | None:
    raw = api.picture(url)
    if raw is None:
        return None
    try:
        kept = uploads.store(SimpleUploadedFile("picture", raw), folder=FOLDER, name="그림")
    except uploads.FileRefused:
        return None
    size = uploads.size_of(kept.file) if kept.content_type == "image/jpeg" else None
    if size is None:
        uploads.remove([kept.file])
        return None
    return {"public_id": str(uuid.uuid4()), "file": kept.file, "content_type": kept.content_type, "width": size[0], "height": size[1]}
