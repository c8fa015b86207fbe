"""The steps of signing up, in order. A new step is a line here, a form, and a template of its name."""

from dataclasses import dataclass
from typing import Any

from advertisers.models import Advertiser

Kind = Advertiser.Kind


@dataclass(frozen=True, slots=True)
class Step:
    """slug: in addresses, and the key of its answer.   name: in lists.   title, lead: what the screen says."""

    slug: str
    name: str
    title: str
    lead: str


CONSENTS = Step("consents", "약관 동의", "약관에 동의해 주세요", "꼭 필요한 동의와 고를 수 있는 동의를 나눠 두었어요.")
PHONE = Step("phone", "휴대전화", "휴대전화 번호를 확인할게요", "문자로 받은 인증번호 6자리를 적으면 돼요.")
IDENTITY = Step("identity", "본인확인", "본인인지 확인할게요", "광고비를 지키고 환불을 안전하게 돌려드리기 위해 필요해요.")
BUSINESS = Step("business", "사업자 정보", "사업자 정보를 확인할게요", "세금계산서를 정확하게 보내드리기 위해 필요해요.")
PAPERS = Step("papers", "사업자등록증", "사업자등록증을 올려 주세요", "사진이나 PDF 한 장이면 돼요. 운영팀이 영업일 1일 안에 확인해요.")
ACCOUNT = Step("account", "로그인 정보", "로그인 정보를 정해 주세요", "마지막 단계예요.")

STEPS = {
    Kind.PERSONAL: (CONSENTS, PHONE, IDENTITY, ACCOUNT),
    Kind.BUSINESS: (CONSENTS, PHONE, IDENTITY, BUSINESS, PAPERS, ACCOUNT),
}


def steps_of(kind: str) -> tuple[Step, ...]:
    """The steps of a kind, in order."""
    return STEPS[Kind(kind)]


def first_open(kind: str, answers: dict[str, Any]) -> Step:
    """The first step without an answer; the last one is never answered: it makes the account."""
    return next(step for step in steps_of(kind) if step.slug not in answers)


def after(kind: str, step: Step) -> Step:
    """The step after one that is not the last."""
    steps = steps_of(kind)
    return steps[steps.index(step) + 1]


def before(kind: str, step: Step) -> Step | None:
    """The step before; None at the first."""
    steps = steps_of(kind)
    place = steps.index(step)
    return steps[place - 1] if place else None
