"""
Lists that operators bring along as a file (CSV or XLSX), by django-import-export: read in a dry run that changes nothing, shown line by
line with what would become of it and what is wrong, then taken over as a whole or not at all.
"""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zipfile import BadZipFile

from django.contrib.admin.models import ADDITION
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from import_export import fields, resources, widgets
from import_export.results import Result, RowResult
from tablib import Dataset
from tablib.exceptions import TablibException

from backoffice import services
from backoffice.rights import Right
from common.errors import DomainError
from common.kst import SEOUL
from identity.models import User
from inquiries.models import Faq, Notice
from rewards.gifticons import offering
from rewards.models import GifticonPriceRule

LARGEST = 1_000_000
MOST_ROWS = 1_000
GOOD_FOR = 3_600  # seconds between the look and the taking over
YES, NO = ("예", "네", "y", "yes", "true", "1"), ("아니요", "아니오", "n", "no", "false", "0", "")
_SALT = "backoffice.imports"


class FileRefused(DomainError):
    """The file cannot be read as a list of this kind."""

    code = "backoffice.import_refused"
    message = "파일을 읽을 수 없어요. {why}"
    http_status = 422


class ImportStale(DomainError):
    """What was shown is not what would happen now."""

    code = "backoffice.import_stale"
    message = "그 사이에 내용이 바뀌었거나 시간이 지났어요. 파일을 다시 올려 확인해 주세요."


class ImportFaulty(DomainError):
    """A list with faults is not taken over, not even in part."""

    code = "backoffice.import_faulty"
    message = "고칠 줄이 있어서 아무것도 바꾸지 않았어요. 파일을 고쳐 다시 올려 주세요."


class WordWidget(widgets.Widget):  # type: ignore[misc]
    """A choice by the word that people read."""

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.values = {label: value for value, label in choices}
        self.words = dict(choices)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if (word := str(value or "").strip()) not in self.values:
            raise ValueError(f"{', '.join(self.values)} 가운데 하나를 적어 주세요.")
        return self.values[word]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.words.get(value, "")


class YesWidget(widgets.Widget):  # type: ignore[misc]
    """예 or 아니요."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        word = str("" if value is None else value).strip().lower()
        if word not in (*YES, *NO):
            raise ValueError("예 또는 아니요로 적어 주세요.")
        return word in YES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "예" if value else "아니요"


class MomentWidget(widgets.Widget):  # type: ignore[misc]
    """A moment on Seoul's clock; empty for none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> datetime | None:
        if value in (None, ""):
            return None
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError("날짜와 시각을 2027-01-31 09:00처럼 적어 주세요.") from None
        return moment.replace(tzinfo=SEOUL) if moment.tzinfo is None else moment

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M") if value else ""


class NumberWidget(widgets.Widget):  # type: ignore[misc]
    """A whole number, with or without separators."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        text = str("" if value is None else value).strip().replace(",", "").removesuffix("%").removesuffix(".0")
        if not (text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) <= 9):
            raise ValueError("숫자로 적어 주세요.")
        return int(text)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{value:,}"


def _field(attribute: str, head: str, widget: widgets.Widget | None = None, **more: Any) -> fields.Field:
    return fields.Field(attribute=attribute, column_name=head, widget=widget or widgets.CharWidget(coerce_to_string=True), **more)


class FaqResource(resources.ModelResource):  # type: ignore[misc]
    """Questions, known by their words."""

    topic = _field("topic", "주제", WordWidget(Faq.Topic.choices))
    question = _field("question", "질문")
    answer = _field("answer", "답변")
    position = _field("position", "순서", NumberWidget())
    is_shown = _field("is_shown", "보이기", YesWidget())

    class Meta:
        model = Faq
        import_id_fields = ("question",)
        fields = ("topic", "question", "answer", "position", "is_shown")
        clean_model_instances = skip_unchanged = store_instance = store_row_values = skip_html_diff = True


class NoticeResource(resources.ModelResource):  # type: ignore[misc]
    """Notices, known by their titles."""

    title = _field("title", "제목")
    text = _field("text", "내용")
    is_pinned = _field("is_pinned", "맨 위에 고정", YesWidget())
    shown_from = _field("shown_from", "보이기 시작하는 때", MomentWidget())
    shown_until = _field("shown_until", "그만 보이는 때", MomentWidget())

    class Meta:
        model = Notice
        import_id_fields = ("title",)
        fields = ("title", "text", "is_pinned", "shown_from", "shown_until")
        clean_model_instances = skip_unchanged = store_instance = store_row_values = skip_html_diff = True


class MarkupResource(resources.ModelResource):  # type: ignore[misc]
    """Mark-ups of goods or brands by code; each line is a new rule, written by the service that writes the others."""

    markup_percent = _field("markup_percent", "더함(%)", NumberWidget())
    effective_from = _field("effective_from", "시작", MomentWidget())
    reason = _field("reason", "이유")
    CODE: ClassVar[str] = "코드"

    class Meta:
        model = GifticonPriceRule
        import_id_fields = ()
        fields = ("markup_percent", "effective_from", "reason")
        force_init_instance = store_instance = store_row_values = skip_html_diff = True

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        if not -50 <= instance.markup_percent <= 100:
            raise ValidationError("더하는 비율은 -50부터 100까지예요.")
        if instance.effective_from is None or len(instance.reason.strip()) < 2:
            raise ValidationError("시작과 이유를 적어 주세요.")
        made = offering.set_markup(
            thing=str(row[self.CODE]).strip(), markup_percent=instance.markup_percent, effective_from=instance.effective_from,
            reason=instance.reason.strip()[:200], by=kwargs["by"], at=kwargs["at"],
        )  # fmt: skip
        instance.pk = made.pk


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of list. heads: of the columns, in the order of the example.   page: where what was taken over is seen."""

    name: str
    title: str
    needs: Right
    resource: Callable[[], resources.ModelResource]
    page: str
    heads: tuple[str, ...]
    example: tuple[str, ...]


_FAQ = ("주제", "질문", "답변", "순서", "보이기")
_NOTICE = ("제목", "내용", "맨 위에 고정", "보이기 시작하는 때", "그만 보이는 때")
KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind(
            "faq", "자주 묻는 질문", Right.EDIT_CONTENT, FaqResource, "inquiries_faq_changelist", _FAQ,
            ("환불", "환불은 언제 되나요?", "영업일 3일 안에 돼요.", "10", "예"),
        ),
        Kind(
            "notices", "공지사항", Right.EDIT_CONTENT, NoticeResource, "inquiries_notice_changelist", _NOTICE,
            ("점검 안내", "새벽에 잠깐 쉬어요.", "아니요", "2027-01-31 09:00", ""),
        ),
        Kind(
            "markups", "기프티콘 가격 규칙", Right.RUN_GIFTICONS, MarkupResource, "gifticon-goods", ("코드", "더함(%)", "시작", "이유"),
            ("G00001", "5", "2027-01-31 00:00", "공급가 인상"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line. number: in the file.   deed: NEW, CHANGED, SAME or FAULTY.   changes: (head, before, after).   faults: Korean."""

    number: int
    deed: str
    name: str
    changes: tuple[tuple[str, str, str], ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a file would do. token: for taking over exactly this; empty where something is wrong or nothing would change."""

    lines: tuple[Line, ...]
    token: str

    def count(self, deed: str) -> int:
        """How many lines would come to this."""
        return sum(line.deed == deed for line in self.lines)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """(words, lines) of each that there are."""
        words = (("새로", "NEW"), ("바뀜", "CHANGED"), ("그대로", "SAME"), ("고칠 줄", "FAULTY"))
        return [(label, self.count(deed)) for label, deed in words if self.count(deed)]


def look(*, kind: Kind, upload: "UploadedFile[Any] | None", by: User, at: datetime) -> Look:
    """
    Read a file in a dry run; the file is kept for an hour, nothing else is.

    :raises FileRefused: no file, too large, of another kind, without the columns, or with too many lines.
    """
    if upload is None or not upload.size:
        raise FileRefused(why="CSV나 XLSX 파일을 골라 주세요.")
    if upload.size > LARGEST:
        raise FileRefused(why="1MB까지 올릴 수 있어요. 나누어 올려 주세요.")
    raw = upload.read()
    lines = _lines(kind, _run(kind, raw, by=by, at=at, dry_run=True))
    if any(line.deed == "FAULTY" for line in lines) or all(line.deed == "SAME" for line in lines):
        return Look(lines, "")
    _forget_old(at=at)
    file = storages["private"].save(f"imports/{uuid.uuid4()}", ContentFile(raw))
    return Look(lines, signing.dumps({"file": file, "kind": kind.name, "by": by.pk, "seal": _seal(lines)}, salt=_SALT))


def take_over(*, kind: Kind, token: str, by: User, reason: str, at: datetime) -> Look:
    """
    Do what was shown, all of it or nothing.

    :raises ImportStale: it was shown to somebody else, too long ago, or would do something else by now.
    :raises ImportFaulty: a line became wrong in between.   :raises services.AlreadyDone: pressed twice at once.
    """
    try:
        known = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise ImportStale from None
    if known["kind"] != kind.name or known["by"] != by.pk or not storages["private"].exists(known["file"]):
        raise ImportStale
    with storages["private"].open(known["file"]) as stored:
        raw = stored.read()
    with transaction.atomic(durable=True):
        services.take_once(known["file"])
        result = _run(kind, raw, by=by, at=at, dry_run=False)
        lines = _lines(kind, result)
        if any(line.deed == "FAULTY" for line in lines):
            raise ImportFaulty
        if _seal(lines) != known["seal"]:
            raise ImportStale
        for row in result.rows:
            if row.import_type in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE):
                said = f"파일에서 가져왔어요 · {reason}"
                services.note(row=_saved(kind, row), by=by, reason=said, at=at, flag=ADDITION)
    storages["private"].delete(known["file"])
    return Look(lines, "")


def _run(kind: Kind, raw: bytes, *, by: User, at: datetime, dry_run: bool) -> Result:
    data = _read(raw)
    if missing := [head for head in kind.heads if head not in (data.headers or ())]:
        raise FileRefused(why=f"첫 줄에 {', '.join(missing)} 열이 있어야 해요.")
    if not 0 < len(data) <= MOST_ROWS:
        raise FileRefused(why=f"한 번에 1줄부터 {MOST_ROWS:,}줄까지 올릴 수 있어요.")
    return kind.resource().import_data(data, dry_run=dry_run, raise_errors=False, use_transactions=True, by=by, at=at)


def _read(raw: bytes) -> Dataset:
    """By what is in it: a spreadsheet begins as a ZIP does, everything else is CSV in UTF-8 or as Korean Excel writes it."""
    try:
        if raw.startswith(b"PK"):
            return Dataset().load(raw, format="xlsx")
        return Dataset().load(_text(raw), format="csv")
    except (TablibException, BadZipFile, ValueError, KeyError, OSError, AttributeError):
        raise FileRefused(why="CSV나 XLSX 파일이 아니거나 깨졌어요.") from None


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(why="UTF-8로 저장해 주세요.")


_DEEDS = {
    RowResult.IMPORT_TYPE_NEW: "NEW",
    RowResult.IMPORT_TYPE_UPDATE: "CHANGED",
    RowResult.IMPORT_TYPE_SKIP: "SAME",
    RowResult.IMPORT_TYPE_INVALID: "FAULTY",
    RowResult.IMPORT_TYPE_ERROR: "FAULTY",
}


def _lines(kind: Kind, result: Result) -> tuple[Line, ...]:
    resource = kind.resource()
    return tuple(_line(resource, number, row) for number, row in enumerate(result.rows, start=2))


def _line(resource: resources.ModelResource, number: int, row: RowResult) -> Line:
    deed = _DEEDS[row.import_type]
    values = [str(value) for value in dict(row.row_values).values() if value not in (None, "")]
    changes = _changes(resource, row) if deed in ("NEW", "CHANGED") else ()
    return Line(number, deed, " · ".join(values[:2])[:80], changes, _faults(resource, row) if deed == "FAULTY" else ())


def _changes(resource: resources.ModelResource, row: RowResult) -> tuple[tuple[str, str, str], ...]:
    before = getattr(row, "original", None)
    found = []
    for one in resource.get_import_fields():
        was, is_now = (one.export(before) if before else ""), one.export(row.instance)
        if was != is_now:
            found.append((one.column_name, str(was)[:200], str(is_now)[:200]))
    return tuple(found)


def _faults(resource: resources.ModelResource, row: RowResult) -> tuple[str, ...]:
    """What is wrong with a line, in Korean, each with the column it is about."""
    heads = {name: one.column_name for name, one in resource.fields.items()}
    if (refused := row.validation_error) is not None:
        said = refused.message_dict if hasattr(refused, "error_dict") else {"": refused.messages}
        return tuple(f"{heads.get(name, '')} {text}".strip() for name, texts in said.items() for text in texts)
    return tuple(
        str(one.error) if isinstance(one.error, DomainError) else "이 줄을 읽지 못했어요. 값을 확인해 주세요." for one in row.errors
    )


def _seal(lines: Sequence[Line]) -> str:
    """What would happen, as a fingerprint."""
    return hashlib.sha256(repr([(line.number, line.deed, line.changes) for line in lines]).encode()).hexdigest()


def _saved(kind: Kind, row: RowResult) -> Any:
    return kind.resource()._meta.model.objects.get(pk=row.instance.pk)


def _forget_old(*, at: datetime) -> None:
    """Destroy files that were shown and never taken over."""
    store = storages["private"]
    for name in store.listdir("imports")[1] if store.exists("imports") else ():
        if store.get_modified_time(f"imports/{name}") < at - timedelta(days=1):
            store.delete(f"imports/{name}")
