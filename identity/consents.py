"""
What people agree to, in which wording, and what is asked again. Rows are added, never changed: the newest of a kind is what holds.

Terms and privacy policy change by their day of effect (identity/legal.py), the other texts by a new version here; whoever agreed to an
older one is known by the version in their row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from common.errors import DomainError
from common.kst import day_of
from common.portals import URLCONFS
from common.transactions import joined
from identity import legal, notifications, security
from identity.backends import PORTAL_OF_KIND
from identity.models import Consent, User

Kind = Consent.Kind
RECHECK_AFTER = timedelta(days=730)


class MarketingFirst(DomainError):
    """Night consent adds to marketing consent; alone it means nothing."""

    code = "consent.marketing_first"
    message = "밤에 받으려면 먼저 혜택과 소식 받기에 동의해 주세요."
    http_status = 422


@dataclass(frozen=True, slots=True)
class ConsentText:
    """
    One text.

    version: the KST day from which the first wording holds.   legal: the legal text it is about, whose later wordings have versions of
    their own; empty when `summary` says all.
    """

    kind: Consent.Kind
    version: str
    label: str
    is_required: bool
    summary: str
    legal: str = ""

    @property
    def url(self) -> str:
        """Where the wording that holds today stands."""
        return f"/terms/{self.legal}/" if self.legal else ""


TEXTS = (
    ConsentText(Kind.TERMS, "2026-11-25", "이용약관에 동의해요", True, "", "terms"),
    ConsentText(
        Kind.PRIVACY, "2026-11-25", "개인정보 수집·이용에 동의해요", True,
        "가입과 본인확인, 결제와 세금계산서에 이름·휴대전화·이메일을 쓰고, 탈퇴하면 법이 정한 기간만 따로 보관해요. "
        "동의하지 않으면 가입할 수 없어요.",
        "privacy",
    ),
    ConsentText(
        Kind.MARKETING, "2026-11-25", "혜택과 소식을 문자와 이메일로 받을게요", False,
        "새 기능과 할인 소식에 휴대전화와 이메일을 써요. 동의하지 않아도 서비스를 모두 쓸 수 있고, 언제든 내 정보에서 끌 수 있어요.",
    ),
    ConsentText(
        Kind.NIGHT, "2026-11-25", "밤 9시부터 아침 8시 사이에도 받을게요", False, "위 소식을 밤에도 보내요. 동의하지 않으면 낮에만 보내요.",
    ),
)  # fmt: skip
MEMBER_TEXTS = (
    ConsentText(Kind.TERMS, "2026-11-25", "이용약관에 동의해요", True, "", "terms"),
    ConsentText(
        Kind.PRIVACY, "2026-11-25", "개인정보 수집·이용에 동의해요", True,
        "가입과 본인확인, 미션 참여 확인과 리워드 지급에 휴대전화 번호와 참여 기록을 쓰고, 탈퇴하면 법이 정한 기간만 따로 보관해요. "
        "동의하지 않으면 가입할 수 없어요.",
        "privacy",
    ),
    ConsentText(
        Kind.MARKETING, "2026-11-28", "새 미션과 혜택 소식을 앱 푸시로 받을게요", False,
        "새 미션과 래플, 할인 소식을 보내요. 동의하지 않아도 럭플을 모두 쓸 수 있고, 언제든 내 정보에서 끌 수 있어요.",
    ),
    ConsentText(
        Kind.NIGHT, "2026-11-25", "밤 9시부터 아침 8시 사이에도 받을게요", False, "위 소식을 밤에도 보내요. 동의하지 않으면 낮에만 보내요.",
    ),
)  # fmt: skip
_NAMES = {
    Kind.TERMS: "이용약관",
    Kind.PRIVACY: "개인정보 수집·이용",
    Kind.MARKETING: "혜택과 소식 받기",
    Kind.NIGHT: "밤에도 혜택과 소식 받기",
}
_HOUSES = {User.Kind.ADVERTISER: ("부스트", "마이페이지"), User.Kind.MEMBER: ("럭플", "내 정보")}  # whose news, and where to say no
NAMES_PUSH_FROM = "2026-11-28"  # earlier wordings of members' marketing speak of SMS and mail alone
REQUIRED = frozenset(text.kind for text in TEXTS if text.is_required)


def texts_of(kind: str) -> tuple[ConsentText, ...]:
    """What people of a kind are asked: the same kinds of texts for all, each in its own words and version."""
    return MEMBER_TEXTS if kind == User.Kind.MEMBER else TEXTS


def versions(kind: str, *, at: datetime) -> dict[Consent.Kind, str]:
    """The version that holds at a moment of each text that people of a kind are asked. One query."""
    of_legal = legal.versions_on(day_of(at))
    return {text.kind: of_legal[text.legal] if text.legal else text.version for text in texts_of(kind)}


def write(*, user: User, given: Iterable[str], at: datetime) -> None:
    """Write down every answer of somebody who signs up: yes and no alike. Joins the caller's transaction."""
    joined("consents")
    said, version = set(given), versions(user.kind, at=at)
    Consent.objects.bulk_create(
        [Consent(user=user, kind=text.kind, version=version[text.kind], given=text.kind in said, at=at) for text in texts_of(user.kind)]
    )
    if Kind.MARKETING in said:
        _tell(user, kind=Kind.MARKETING, given=True, at=at)


def change(*, user: User, kind: str, given: bool, at: datetime) -> None:
    """
    Give or take back an optional consent; the person is told what was done at once, as the law wants within 14 days. Joins the caller's
    transaction. Without marketing there is no night consent either. The same answer again changes nothing and tells nothing.

    :raises MarketingFirst: night consent without marketing consent.
    """
    joined("a consent")
    if kind in REQUIRED:
        raise ValueError("this one ends with the account")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two tabs answer one after the other
    if holds(user, kind) == given:
        return
    if given and kind == Kind.NIGHT and not holds(user, Kind.MARKETING):
        raise MarketingFirst
    kinds = [kind] if given or kind == Kind.NIGHT else [Kind.MARKETING, Kind.NIGHT]
    version = versions(user.kind, at=at)
    for one in kinds:
        Consent.objects.create(user=user, kind=one, version=version[Kind(one)], given=given, at=at)
    _tell(user, kind=kind, given=given, at=at)


def holds(user: User, kind: str, *, from_version: str = "") -> bool:
    """What the newest answer says. from_version: an answer to an earlier wording is none."""
    newest = Consent.objects.filter(user=user, kind=kind).order_by("-at", "-pk").first()
    return newest is not None and newest.given and newest.version >= from_version


def recheck(*, at: datetime, limit: int = 500) -> int:
    """
    Tell everybody whose marketing consent is two years old that it stands and how to take it back; how many. Joins the caller's
    transaction.
    """
    joined("asking again")
    newest = Consent.objects.filter(kind=Kind.MARKETING).order_by("user", "-at", "-pk").distinct("user")
    due = Consent.objects.filter(pk__in=newest.values("pk"), given=True, at__lte=at - RECHECK_AFTER, user__is_active=True)
    told = list(due.select_related("user").order_by("at", "pk")[:limit])
    Consent.objects.bulk_create(
        [Consent(user=old.user, kind=old.kind, version=old.version, given=True, is_recheck=True, at=at) for old in told]
    )
    for old in told:
        notifications.tell(
            security.CONSENT_RECHECK,
            user=old.user,
            facts={"on": day_of(old.at), **_house(old.user)},
            url=_page_of(old.user),
            key=f"consent-recheck:{old.pk}",
            at=at,
        )
    return len(told)


def _tell(user: User, *, kind: str, given: bool, at: datetime) -> None:
    notifications.tell(
        security.CONSENT_CHANGED,
        user=user,
        facts={"consent": _NAMES[Kind(kind)], "done": "동의했어요" if given else "동의를 거뒀어요", "on": day_of(at), **_house(user)},
        url=_page_of(user),
        key=f"consent:{kind}:{user.public_id}:{at.isoformat()}",
        at=at,
    )


def _page_of(user: User) -> str:
    """Where the person may change it, inside their portal."""
    return reverse("consents", urlconf=URLCONFS[PORTAL_OF_KIND[User.Kind(user.kind)]]) if user.kind in _HOUSES else ""


def _house(user: User) -> dict[str, str]:
    """The facts that tell people of one portal from those of another."""
    house, where = _HOUSES[User.Kind(user.kind)]
    return {"house": house, "where": where}


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said to a text last. version, at: empty when they never answered.   newest: the version that holds now."""

    text: ConsentText
    given: bool
    version: str
    newest: str
    at: datetime | None
    is_offered: bool

    @property
    def name(self) -> str:
        """The text's name."""
        return _NAMES[self.text.kind]

    @property
    def is_older(self) -> bool:
        """True when they answered to an earlier wording."""
        return bool(self.version) and self.version != self.newest

    @property
    def url(self) -> str:
        """The wording that they answered to; today's when they never did. Empty when there is no page."""
        return f"{self.text.url}{self.version}/" if self.text.url and self.version else self.text.url


def answers_of(user: User, *, at: datetime) -> list[Answer]:
    """What somebody said to each text. Two queries."""
    version = versions(user.kind, at=at)
    newest = {row.kind: row for row in Consent.objects.filter(user=user).order_by("kind", "-at", "-pk").distinct("kind")}
    wants = Kind.MARKETING in newest and newest[Kind.MARKETING].given
    found = []
    for text in texts_of(user.kind):
        row = newest.get(text.kind)
        found.append(
            Answer(
                text=text, given=bool(row and row.given), version=row.version if row else "", newest=version[text.kind],
                at=row.at if row else None, is_offered=text.kind != Kind.NIGHT or wants,
            )
        )  # fmt: skip
    return found
