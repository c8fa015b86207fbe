"""The reward app's doors to what a member owns."""

from uuid import UUID

from django.utils import timezone
from ninja import Router

from common.schemas import Output
from credits import selectors as balances
from rewards import profile
from rewards.app_auth import AppRequest, acting_member
from rewards.models import Member
from rewards.profile import ChangeIn

router = Router(tags=["회원"])


class MeOut(Output):
    """
    tickets: in the wallet now.   birth_year, sex: as an identity check says.   region: as the member says.   is_proved: an identity check
    was done, as the first exchange asks for.
    """

    id: UUID
    nickname: str
    tickets: int
    birth_year: int | None
    sex: str
    region: str
    is_proved: bool


class WalletOut(Output):
    """tickets: in the wallet now."""

    tickets: int


@router.get("/me", response=MeOut, summary="나")
def me(request: AppRequest) -> MeOut:
    """Who is signed in."""
    return _shown(acting_member(request))


@router.patch("/me", response=MeOut, summary="내 정보 바꾸기")
def change_me(request: AppRequest, said: ChangeIn) -> MeOut:
    """Another nickname, or where I live, which may be changed again after a while. What is left out stays."""
    member = acting_member(request)
    return _shown(profile.change(member=member, region=said.region, nickname=said.nickname, at=timezone.now()))


@router.get("/wallet", response=WalletOut, summary="내 티켓")
def wallet(request: AppRequest) -> WalletOut:
    """The member's tickets."""
    return WalletOut(tickets=balances.member_tickets(acting_member(request).pk))


def _shown(member: Member) -> MeOut:
    return MeOut(
        id=member.public_id,
        nickname=member.nickname,
        tickets=balances.member_tickets(member.pk),
        birth_year=member.birth_year,
        sex=member.sex,
        region=member.region,
        is_proved=bool(member.person_hash),
    )
