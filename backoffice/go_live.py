"""
What stands between this house and real customers, one sentence each. Every check is a function that yields what is wrong; none writes.
Wrong settings are named by the start itself (config/checks.py); here is what a start cannot know.
"""

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import phonenumbers
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from advertisers import business_numbers
from backoffice import rights, selectors
from common import jobs
from common.models import Effect
from credits.models import ProofRun
from identity.models import User

BACKUP_IS_OLD_AFTER = timedelta(hours=26)
CERTIFICATE_LASTS = timedelta(days=14)
_PLACEHOLDER = re.compile(r"(^|[^1-9])0{3,}([^1-9]|$)|홍길동|example|부스트 주식회사")
_FOOTER = {
    "name": "상호", "representative": "대표자", "business_number": "사업자등록번호", "mail_order_number": "통신판매업신고번호",
    "address": "주소", "phone": "전화번호", "email": "이메일", "hosting": "호스팅 제공자", "privacy_officer": "개인정보 보호책임자",
}  # fmt: skip

Check = Callable[[datetime], Iterator[str]]


def failures(*, at: datetime) -> list[tuple[str, str]]:
    """(what was looked at, what is wrong with it) of everything that is not ready."""
    return [(name, wrong) for name, check in CHECKS.items() for wrong in check(at)]


def _environment(at: datetime) -> Iterator[str]:
    if not settings.PRODUCTION:
        yield f"ENVIRONMENT가 production이 아니라 {settings.ENVIRONMENT}예요."
    if settings.DEBUG:
        yield "DEBUG가 켜져 있어요."


def _footer(at: datetime) -> Iterator[str]:
    for name, label in _FOOTER.items():
        value = str(settings.COMPANY.get(name, "")).strip()
        if not value or _PLACEHOLDER.search(value):
            yield f"{label}이(가) 비었거나 견본이에요 (COMPANY_{name.upper()})."
    if business_numbers.read(str(settings.COMPANY["business_number"])) is None:
        yield "사업자등록번호가 맞지 않아요 (COMPANY_BUSINESS_NUMBER)."
    if str(settings.COMPANY["phone"]).replace("-", "").startswith("01"):
        yield "전화번호가 휴대전화예요. 카드사는 유선 번호를 요구해요 (COMPANY_PHONE)."


def _keys(at: datetime) -> Iterator[str]:
    addresses = {name: value for name in dir(settings) if name.endswith("_BASE_URL") and isinstance(value := getattr(settings, name), str)}
    for name, value in sorted(addresses.items()):
        if value and urlsplit(value).scheme != "https":
            yield f"{name}이(가) https 주소가 아니에요."
    if "00000000-0000-4000" in settings.PORTONE_CHANNEL_KEY_CARD:
        yield "카드 채널이 시험용이에요 (PORTONE_CHANNEL_KEY_CARD)."


def _migrations(at: datetime) -> Iterator[str]:
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield f"적용하지 않은 마이그레이션이 있어요: {migration.app_label}.{migration.name}"


def _proof(at: datetime) -> Iterator[str]:
    run = ProofRun.objects.order_by("-pk").first()
    if run is None:
        yield "원장 증명을 돌린 적이 없어요."
    elif not run.is_green:
        yield f"마지막 원장 증명에서 차이 {sum(run.counts.values())}건을 찾았어요."
    elif at - run.ran_at > selectors.PROOF_IS_OLD_AFTER:
        yield "마지막 원장 증명이 하루를 넘었어요."


def _backup(at: datetime) -> Iterator[str]:
    files = [path for path in (Path(settings.VAR_DIR) / "backups").glob("*") if path.is_file()]
    newest = max((path.stat().st_mtime for path in files), default=None)
    if newest is None:
        yield "백업이 하나도 없어요 (make backup)."
    elif datetime.now(UTC) - datetime.fromtimestamp(newest, UTC) > BACKUP_IS_OLD_AFTER:
        yield "마지막 백업이 하루를 넘었어요."


def _workers(at: datetime) -> Iterator[str]:
    late = [job.name for job in jobs.jobs(at=at) if job.is_late]
    if late:
        yield f"정기 작업 {len(late)}가지가 제때 돌지 않았어요: {', '.join(late[:5])}"
    waiting = Effect.objects.due(at - timedelta(minutes=5)).count()
    if waiting:
        yield f"바깥 작업 {waiting}건이 5분 넘게 밀렸어요."
    parked = Effect.objects.filter(state=Effect.State.PARKED).count()
    if parked:
        yield f"멈춘 바깥 작업이 {parked}건 있어요."


def _senders(at: datetime) -> Iterator[str]:
    try:
        number = phonenumbers.parse(settings.SOLAPI_SENDER, "KR")
    except phonenumbers.NumberParseException:
        yield "문자 발신번호가 없어요 (SOLAPI_SENDER)."
        return
    if not phonenumbers.is_valid_number(number) or "12345678" in settings.SOLAPI_SENDER:
        yield "문자 발신번호가 등록된 번호가 아니에요 (SOLAPI_SENDER)."


def _certificates(at: datetime) -> Iterator[str]:
    for portal, origin in settings.PORTAL_ORIGINS.items():
        parts = urlsplit(str(origin))
        if parts.scheme != "https" or parts.hostname is None:
            yield f"{portal} 주소가 https가 아니에요: {origin}"
            continue
        try:
            with (
                socket.create_connection((parts.hostname, parts.port or 443), timeout=5) as plain,
                ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secured,
            ):
                until = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
        except (OSError, KeyError):
            yield f"{portal} 인증서를 확인할 수 없어요: {parts.hostname}"
            continue
        if datetime.fromtimestamp(until, UTC) < datetime.now(UTC) + CERTIFICATE_LASTS:
            yield f"{portal} 인증서가 14일 안에 끝나요: {parts.hostname}"


def _operators(at: datetime) -> Iterator[str]:
    people = User.objects.filter(kind=User.Kind.OPERATOR, is_active=True)
    if people.filter(username__endswith="@demo.boost").exists():
        yield "데모 운영자 계정이 남아 있어요."
    able = [person for person in people.filter(authenticator__isnull=False).distinct() if rights.has(person, rights.Right.DECIDE_REFUNDS)]
    if len(able) < 2:
        yield "두 번째 승인을 할 수 있는 운영자가 두 명이 안 돼요 (2단계 인증을 등록한 정산 담당이나 관리자)."


def _money(at: datetime) -> Iterator[str]:
    if selectors.is_money_stopped(at=at):
        yield "충전과 환불을 멈춰 두었어요."


CHECKS: dict[str, Check] = {
    "settings": _environment,
    "footer": _footer,
    "keys": _keys,
    "migrations": _migrations,
    "proof": _proof,
    "backup": _backup,
    "workers": _workers,
    "sender numbers": _senders,
    "certificates": _certificates,
    "operators": _operators,
    "money switch": _money,
}
