"""The people of the demo. Signing up is not built of services yet, so their rows are written here, each as signing up leaves it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.hashers import make_password
from django.db import transaction

from advertisers import opening
from advertisers.models import Membership
from backoffice import rights
from common.kst import day_from, day_of
from identity.models import User
from rewards import services as rewards

PASSWORD = "boost-demo-1234!"
MEMBER_PHONE = "+821000000001"
CROWD = 200  # members beside the first one, for traffic
DAYS_BACK = 6  # the demo's story begins at midnight (KST) so many days before it is loaded


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of the demo. secret: TOTP, base32."""

    username: str
    name: str
    role: str
    secret: str

    @property
    def email(self) -> str:
        return f"{self.username}@demo.boost"


OPERATORS = (
    Operator("operator", "오정원", rights.ADMIN, "BOOSTDEMOOPERATORSECRETAAAAAAAAA"),
    Operator("finance", "나재무", rights.FINANCE, "BOOSTDEMOFINANCESECRETBBBBBBBBBB"),
)


def load_people(*, at: datetime) -> bool:
    """Make the demo people; False when they were there already."""
    if User.objects.filter(username="owner").exists():
        return False
    joined_at = day_from(day_of(at) - timedelta(days=DAYS_BACK))
    with transaction.atomic(durable=True):
        secret = make_password(PASSWORD)  # one slow hash for all: these passwords are public
        business = opening.open_business(registration_number="1248100998", company_name="데모 커피", representative="김주인")
        personal = opening.open_personal(name="김혼자")
        neighbour = opening.open_business(registration_number="2208162517", company_name="이웃 서점", representative="이이웃")
        for username, name, phone, advertiser, role in (
            ("owner", "김주인", "+821000009001", business, Membership.Role.OWNER),
            ("staff", "박담당", "+821000009002", business, Membership.Role.MANAGER),
            ("reporter", "최보고", "+821000009003", business, Membership.Role.REPORTER),
            ("solo", "김혼자", "+821000009004", personal, Membership.Role.OWNER),
            ("neighbour", "이이웃", "+821000009005", neighbour, Membership.Role.OWNER),
        ):
            user = User.objects.create(
                kind=User.Kind.ADVERTISER,
                username=username,
                email=f"{username}@demo.boost",
                phone=phone,
                name=name,
                password=secret,
            )
            Membership.objects.create(user=user, advertiser=advertiser, role=role)
        groups = rights.ensure_groups()
        for operator in OPERATORS:
            user = User.objects.create(
                kind=User.Kind.OPERATOR,
                username=operator.username,
                email=operator.email,
                name=operator.name,
                password=secret,
                is_staff=True,
            )
            user.groups.add(groups[operator.role])
            TOTP.activate(user, operator.secret)
        for number in range(1, CROWD + 2):
            user = User.objects.create(
                kind=User.Kind.MEMBER, username=f"luckffle{number}", phone=f"+8210{number:08d}", name=f"회원 {number}", password=secret
            )
            rewards.join(user=user, nickname=f"럭플러{number}", at=joined_at)
    return True


def accounts() -> list[tuple[str, str, str]]:
    """(page, who, sign-in) of every account a visitor may want, the second factor included."""
    rows = [
        ("/accounts/login/", "광고주 소유자", f"owner@demo.boost / {PASSWORD}"),
        ("/accounts/login/", "같은 팀의 운영 담당", f"staff@demo.boost / {PASSWORD}"),
        ("/accounts/login/", "같은 팀의 열람 담당", f"reporter@demo.boost / {PASSWORD}"),
        ("/accounts/login/", "다른 광고주", f"neighbour@demo.boost / {PASSWORD}"),
        ("/accounts/login/", "빈 개인 광고주", f"solo@demo.boost / {PASSWORD}"),
        ("/luckffle/login/", "럭플 회원", f"010-0000-0001 / {PASSWORD}"),
    ]
    for operator in OPERATORS:
        rows.append(("/backoffice/login/", f"운영자 {operator.name}", f"{operator.email} / {PASSWORD} / TOTP {operator.secret}"))
    return rows


def second_factor(username: str, *, at: datetime) -> str:
    """
    The six digits that an authenticator app would show for an operator of the demo.

    :raises KeyError: no such operator.
    """
    secret = {operator.username: operator.secret for operator in OPERATORS}[username]
    return str(format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30)))
