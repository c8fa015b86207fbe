"""The reward app's doors to what a member owns."""

from uuid import UUID

from ninja import Router

from common.schemas import Output
from credits import selectors as balances
from rewards.app_auth import AppRequest, acting_member

router = Router(tags=["회원"])


class MeOut(Output):
    """tickets: in the wallet now."""

    id: UUID
    nickname: str
    tickets: int


class WalletOut(Output):
    """tickets: in the wallet now."""

    tickets: int


@router.get("/me", response=MeOut, summary="나")
def me(request: AppRequest) -> MeOut:
    """Who is signed in."""
    member = acting_member(request)
    return MeOut(id=member.public_id, nickname=member.nickname, tickets=balances.member_tickets(member.pk))


@router.get("/wallet", response=WalletOut, summary="내 티켓")
def wallet(request: AppRequest) -> WalletOut:
    """The member's tickets."""
    return WalletOut(tickets=balances.member_tickets(acting_member(request).pk))
