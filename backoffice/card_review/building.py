"""
Making one pack: checks, walk, slides, files, and what is different from the pack before. Every step is written down as it is done, so that
the room shows how far it is, whoever carries it out.
"""

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import ADDITION
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.card_review import checks, deck, difference, mode, pictures, walk
from backoffice.card_review.walk import SIZE_WORDS, Plan, Shot
from backoffice.models import CardReviewMode, CardReviewPack
from backoffice.services import note, take_turn
from common import effects, portals, uploads
from common.errors import DomainError
from common.exports import moment
from identity import access_log
from identity.models import User
from payments.labels import title_of
from payments.models import Package

KIND = "backoffice.card_review_pack"
FOLDER = "card-review"
FILES = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
GIVEN_UP_AFTER = timedelta(minutes=15)
KEPT_DAYS = 180
State = CardReviewPack.State
Tell = Callable[[str], object]


class PackUnderWay(DomainError):
    """Another one is being made."""

    code = "card_review.under_way"
    message = "심사 자료를 이미 만들고 있어요. 끝난 뒤에 다시 만들 수 있어요."


class NotInOrder(DomainError):
    """Something has to be put right first. findings: what."""

    code = "card_review.not_in_order"
    message = "카드사가 거절할 만한 것이 {count}가지 있어요. 먼저 고쳐 주세요."
    http_status = 422


def start(*, by: User, at: datetime) -> CardReviewPack:
    """
    Write a pack down. Joins the caller's transaction.

    :raises PackUnderWay: one is being made.   :raises mode.ReviewIsClosed: reviewers have no account.
    """
    take_turn("card_review_pack")
    if mode.current(at=at) is None:
        raise mode.ReviewIsClosed
    fresh = CardReviewPack.objects.filter(state__in=[State.WAITING, State.RUNNING], asked_at__gt=at - GIVEN_UP_AFTER)
    if fresh.exists():
        raise PackUnderWay
    return CardReviewPack.objects.create(asked_by=by, asked_at=at)


def ask(*, by: User, at: datetime) -> CardReviewPack:
    """
    Let the relay make a pack. Owns the transaction.

    :raises PackUnderWay, mode.ReviewIsClosed: see `start`.
    """
    with transaction.atomic(durable=True):
        pack = start(by=by, at=at)
        effects.add(KIND, key=f"card_review_pack:{pack.public_id}", at=at, pack=pack.pk)
        note(row=pack, by=by, reason="카드 심사 자료를 만들어요", at=at, flag=ADDITION)
        return pack


def build(pack: CardReviewPack, *, tell: Tell = lambda line: None, stops: tuple[walk.Stop, ...] = walk.STOPS) -> CardReviewPack:
    """
    Carry a pack out to its end. No transaction is open meanwhile; the row says how far it is and, at the end, what became of it.

    :raises NotInOrder: a check found something; nothing was taken.   :raises DomainError: see `walk.walk`, `mode.current`.
    """
    now = timezone.now()
    pack.state, pack.started_at, pack.revision, pack.total = State.RUNNING, now, revision(), len(stops) * len(walk.SIZES)
    pack.save(update_fields=["state", "started_at", "revision", "total"])
    try:
        _refuse_disorder(pack, tell)
        account = mode.current(at=now)
        if account is None:
            raise mode.ReviewIsClosed
        if not account.draft_path:  # whoever switched the mode on was stopped on the way
            mode.begin_draft(account, at=now)
        shots = _shots(pack, account, tell, stops)
        _keep(pack, account, shots, at=timezone.now())
    except Exception as error:
        pack.state, pack.finished_at = State.FAILED, timezone.now()
        pack.trouble = str(error)[:300] if isinstance(error, DomainError) else f"알 수 없는 오류예요 ({type(error).__name__})."
        pack.save(update_fields=["state", "finished_at", "trouble", "findings"])
        raise
    return pack


def _refuse_disorder(pack: CardReviewPack, tell: Tell) -> None:
    found = checks.findings(at=timezone.now())
    pack.findings = [{"check": finding.check, "field": finding.field, "why": finding.why} for finding in found]
    for line in checks.report(found):
        tell(line)
    if found:
        raise NotInOrder(count=len(found))


def _shots(pack: CardReviewPack, account: CardReviewMode, tell: Tell, stops: tuple[walk.Stop, ...]) -> list[Shot]:
    shots = []
    for shot in walk.walk(plan_for(account), stops=stops):
        shots.append(shot)
        CardReviewPack.objects.filter(pk=pack.pk).update(done=len(shots))
        tell(f"{len(shots):>3}/{pack.total} {shot.title} ({SIZE_WORDS[shot.size]})")
    pack.done = len(shots)
    return shots


def plan_for(account: CardReviewMode) -> Plan:
    """What the walk needs of the settings and of the reviewer's account."""
    ours = ("phone", "email", "opt_out_phone")
    return Plan(
        origin=str(settings.PORTAL_ORIGINS[portals.ADVERTISER]),
        login=account.login,
        password=mode.password_of(account),
        credit_path=account.draft_path,
        companies=tuple(settings.CARD_REVIEW_COMPANIES),
        contacts=frozenset(str(settings.COMPANY[name]) for name in ours),
    )


def revision() -> str:
    """What was deployed: BUILD_REVISION, else the commit of this checkout, else a dash."""
    if settings.BUILD_REVISION:
        return str(settings.BUILD_REVISION)[:40]
    try:
        said = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "–"
    return said.stdout.strip()


def _keep(pack: CardReviewPack, account: CardReviewMode, shots: list[Shot], *, at: datetime) -> None:
    """Draw pictures and slides, store them, and write down what they are."""
    stamp = f"빌드 {pack.revision} · {'운영' if settings.PRODUCTION else settings.ENVIRONMENT}"
    files: dict[str, bytes] = {}
    entries = []
    order = {stop: number for number, stop in enumerate(dict.fromkeys(shot.name for shot in shots), start=1)}
    for shot in shots:
        name = f"pictures/{order[shot.name]:02}-{shot.name}-{shot.size}.png"
        files[name] = pictures.framed(shot, stamp=stamp)
        files[name.replace("pictures/", "texts/").replace(".png", ".txt")] = shot.text.encode()
        entries.append(_entry(shot, name, files[name]))
    last = _ready_packs().exclude(pk=pack.pk).first()
    pack.difference = difference.between(last.manifest["pictures"], entries) if last else {}
    shown = _deck(pack, account, shots, files, entries, last, at=at)
    slides = {"card-review.pptx": deck.pptx_file(shown), "card-review.pdf": deck.pdf_file(shown)}
    pack.manifest = {
        "made_at": at.isoformat(),
        "revision": pack.revision,
        "environment": settings.ENVIRONMENT,
        "origin": str(settings.PORTAL_ORIGINS[portals.ADVERTISER]),
        "company": str(settings.COMPANY["name"]),
        "checks": list(checks.CHECKS),
        "pictures": entries,
        "difference": pack.difference,
        "files": {name: _hash(content) for name, content in sorted({**files, **slides}.items())},
    }
    packed = _zip({**files, **slides, "manifest.json": json.dumps(pack.manifest, ensure_ascii=False, indent=2).encode()}, at=at)
    for kind, content in {"pptx": slides["card-review.pptx"], "pdf": slides["card-review.pdf"], "zip": packed}.items():
        uploads.remove([path_of(pack, kind)])
        storages["private"].save(path_of(pack, kind), ContentFile(content))
    pack.state, pack.finished_at, pack.trouble = State.READY, at, ""
    pack.save(update_fields=["state", "finished_at", "trouble", "findings", "manifest", "difference", "done"])


def _entry(shot: Shot, name: str, framed: bytes) -> dict[str, Any]:
    return {
        "file": name,
        "name": shot.name,
        "title": shot.title,
        "size": shot.size,
        "url": shot.url,
        "taken_at": shot.taken_at.isoformat(),
        "sha256": _hash(framed),
        "look": pictures.look_of(shot.png),
        "reads": _hash(pictures.lasting(shot.text).encode()),
    }


def _deck(
    pack: CardReviewPack, account: CardReviewMode, shots: list[Shot], files: dict[str, bytes], entries: list[dict[str, Any]],
    last: CardReviewPack | None, *, at: datetime,
) -> deck.Deck:  # fmt: skip
    company = settings.COMPANY
    titles = {shot.name: shot.title for shot in shots}
    by_name = {name: tuple(files[entry["file"]] for entry in entries if entry["name"] == name) for name in titles}
    changed = [titles.get(name, name) for name in difference.pages_of(pack.difference)]
    seen = f"지난 자료({moment(last.finished_at or last.asked_at)})와 " if last else ""
    ends = (
        *(f"확인함 · {name}" for name in checks.CHECKS),
        "",
        f"{seen}달라진 화면: {', '.join(changed) or '없음'}" if last else "처음 만든 자료예요.",
    )
    smallest = Package.objects.offered().first()
    facts = (
        ("상호", str(company["name"])),
        ("대표자", str(company["representative"])),
        ("사업자등록번호", str(company["business_number"])),
        ("통신판매업신고번호", str(company["mail_order_number"])),
        ("서비스 주소", str(settings.PORTAL_ORIGINS[portals.ADVERTISER])),
        ("테스트 계정", f"아이디 {account.login} / 비밀번호 {mode.password_of(account)} ({moment(account.ends_at)}까지)"),
        ("판매 상품", title_of(smallest.credits) + " 등 정액 상품" if smallest else "–"),
        ("만든 때", f"{moment(at)} KST · 빌드 {pack.revision}"),
    )
    slides = [deck.Slide(title, pictures=by_name[name]) for name, title in titles.items()]
    return deck.Deck(
        title=f"{company['name']} 결제 경로",
        facts=facts,
        slides=(*slides, deck.Slide("확인한 것과 달라진 것", lines=ends)),
        made_at=at,
        foot=f"{company['name']} · {moment(at)} KST · 빌드 {pack.revision}",
    )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _zip(files: dict[str, bytes], *, at: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, date_time=at.timetuple()[:6]), content, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def path_of(pack: CardReviewPack, kind: str) -> str:
    """Where a file of a pack lies in private storage."""
    return f"{FOLDER}/{pack.public_id}/card-review.{kind}"


def read(pack: CardReviewPack, kind: str) -> bytes:
    """The bytes of a file of a pack that is ready."""
    with storages["private"].open(path_of(pack, kind)) as file:
        return bytes(file.read())


def take_along(pack: CardReviewPack, kind: str, *, by: User, at: datetime) -> bytes:
    """
    A file of a pack that is ready, for an operator; who took it is written down: the cover has the reviewer's password.

    :raises FileNotFoundError: it is not there.
    """
    content = read(pack, kind)
    with transaction.atomic(durable=True):
        access_log.note(actor=by, action="card_review.downloaded", subject=f"card_review_pack:{pack.public_id}:{kind}", at=at)
    return content


def give_up(pack: CardReviewPack, *, at: datetime) -> bool:
    """End a pack whose maker died long ago; False while it may still come."""
    with transaction.atomic():
        row = CardReviewPack.objects.select_for_update().get(pk=pack.pk)
        if row.state in (State.READY, State.FAILED):
            return True
        if at < (row.started_at or row.asked_at) + GIVEN_UP_AFTER:
            return False
        row.state, row.finished_at, row.trouble = State.FAILED, at, "만들던 작업이 끊겼어요. 다시 만들어 주세요."
        row.save(update_fields=["state", "finished_at", "trouble"])
        return True


def _old_packs(until: datetime) -> QuerySet[CardReviewPack]:
    """Packs that were asked for before; the last one that is ready stays, the next is compared with it."""
    return CardReviewPack.objects.filter(asked_at__lt=until).exclude(pk__in=_ready_packs().values("pk")[:1])


def _ready_packs() -> QuerySet[CardReviewPack]:
    """Newest first."""
    return CardReviewPack.objects.filter(state=State.READY).order_by("-finished_at", "-pk")


def count_old_packs(until: datetime) -> int:
    """How many packs `forget` would destroy."""
    return _old_packs(until).count()


def forget(*, until: datetime) -> int:
    """Destroy old packs with their files, whose covers have a password; how many. Joins the caller's transaction."""
    packs = list(_old_packs(until).select_for_update())
    uploads.remove(path_of(pack, kind) for pack in packs for kind in FILES)
    CardReviewPack.objects.filter(pk__in=[pack.pk for pack in packs]).delete()
    return len(packs)
