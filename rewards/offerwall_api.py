"""The reward app's doors to offerwalls."""

from datetime import datetime
from uuid import UUID

from ninja import Router

from common.schemas import Output
from rewards import offerwalls
from rewards.app_auth import AppRequest, acting_member

router = Router(tags=["오퍼월"])


class WallOut(Output):
    """url: to be opened in a browser view; it carries this member's number and is for them alone."""

    code: str
    label: str
    url: str


class EarnedOut(Output):
    """state: PAID, HELD (somebody looks at it first), REFUSED, or REVERSED (the network took it back).   why: of a wait."""

    id: UUID
    network: str
    tickets: int
    state: str
    why: str
    received_at: datetime


class OfferwallsOut(Output):
    """earned: the newest rewards."""

    walls: list[WallOut]
    earned: list[EarnedOut]


@router.get("/offerwalls", response=OfferwallsOut, summary="오퍼월")
def offerwall_list(request: AppRequest) -> OfferwallsOut:
    """Where to find offers of other companies, and what they paid."""
    member = acting_member(request)
    return OfferwallsOut(
        walls=[WallOut(code=wall.code, label=wall.label, url=wall.url) for wall in offerwalls.walls_of(member)],
        earned=[
            EarnedOut(
                id=one.row.public_id, network=one.label, tickets=one.row.tickets, state=one.row.state, why=one.row.why,
                received_at=one.row.received_at,
            )
            for one in offerwalls.earned_by(member)
        ],
    )  # fmt: skip
