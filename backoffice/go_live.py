"""
What stands between this house and real customers, one sentence each. Every check is a function that yields what is wrong; none writes.
Wrong settings are named by the start itself (config/checks.py), and here before that; the rest is what a start cannot know.
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
from django.utils.module_loading import import_string

from advertisers import business_numbers
from backoffice import rights, selectors
from backoffice.models import AuditLink
from common import jobs, slack
from common.models import Effect
from credits.models import ProofRun
from identity.models import User
from payments import insurance

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
    """What a production start would refuse, whichever environment this is."""
    known = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    for problem in import_string(settings.START_CHECK)({**known, "ENVIRONMENT": "production", "PRODUCTION": True, "DEBUG": False}):
        yield f"{problem.variable}: {problem.korean}."


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


def _alerts(at: datetime) -> Iterator[str]:
    for name in ("OPERATOR_ALERT_EMAIL", "DEFAULT_FROM_EMAIL"):
        if ".example" in getattr(settings, name) or "@" not in getattr(settings, name):
            yield f"알림 메일 주소가 비었거나 견본이에요 ({name})."
    if not slack.is_connected():
        yield "슬랙이 연결되지 않아서 알림이 메일로만 가요 (SLACK_WEBHOOK_URL)."


def _database_role(at: datetime) -> Iterator[str]:
    if _is_powerful():
        yield "데이터베이스에 표의 주인으로 접속하고 있어요. 기록을 지울 수 없는 역할로 바꿔 주세요 (grant_app_role)."


def _is_powerful() -> bool:
    """True when nothing keeps this connection from changing history: it is a superuser's, or owns tables."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT r.rolsuper OR EXISTS (
                SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = current_schema()::regnamespace
            ) FROM pg_roles r WHERE r.rolname = current_user
        """)
        (is_powerful,) = cursor.fetchone()
    return bool(is_powerful)


def _insured_limit(at: datetime) -> Iterator[str]:
    if not insurance.limit_at(at):
        yield "지금 유효한 지급보증보험 증권이 없어요."


def _audit(at: datetime) -> Iterator[str]:
    newest = AuditLink.objects.order_by("-pk").values_list("linked_at", flat=True).first()
    if newest is None:
        yield "감사 기록을 이은 적이 없어요."
    elif at - newest > selectors.PROOF_IS_OLD_AFTER:
        yield "감사 기록을 하루 넘게 잇지 못했어요."


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
    if User.objects.filter(is_active=True, email__endswith="@demo.boost").exists():
        yield "비밀번호가 알려진 체험용 계정이 남아 있어요 (@demo.boost)."
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
    "alerts": _alerts,
    "database role": _database_role,
    "insured limit": _insured_limit,
    "audit": _audit,
    "certificates": _certificates,
    "operators": _operators,
    "money switch": _money,
}
