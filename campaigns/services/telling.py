"""What members are told when something is decided while they are away. Joins the transaction of its cause."""

from datetime import datetime

from campaigns.models import Campaign
from common.kst import SEOUL
from identity import notifications
from rewards import push
from rewards.models import Member


def rewarded(member_id: int, campaign: Campaign, *, tickets: int, key: str, at: datetime) -> None:
    """The tickets are there."""
    _tell(member_id, campaign, "campaigns.mission_rewarded", "미션이 확정됐어요", f"티켓 {tickets:,}장을 받았어요.", key=key, at=at)


def refused(member_id: int, campaign: Campaign, *, reason: str, key: str, at: datetime) -> None:
    """Somebody looked, and it did not count."""
    _tell(member_id, campaign, "campaigns.mission_refused", "미션 참여가 인정되지 않았어요", reason, key=key, at=at)


def chosen(member_id: int, campaign: Campaign, *, key: str, at: datetime) -> None:
    """The advertiser chose the member, who may start."""
    body = "선정됐어요. 미션을 열어 안내를 읽고 참여를 시작해 주세요."
    _tell(member_id, campaign, "campaigns.application_chosen", "체험 미션에 선정됐어요", body, key=key, at=at)


def taken_back(member_id: int, campaign: Campaign, *, tickets: int, reason: str, key: str, at: datetime) -> None:
    """A finished participation does not count after all. tickets: that were taken back; 0: they stay."""
    body = f"{reason} 받은 티켓 {tickets:,}장을 되돌렸어요." if tickets else f"{reason} 받은 티켓은 그대로예요."
    _tell(member_id, campaign, "campaigns.mission_taken_back", "미션 참여가 취소됐어요", body, key=key, at=at)


def post_is_gone(member_id: int, campaign: Campaign, *, days: int, key: str, at: datetime) -> None:
    """A review that was paid cannot be seen any more."""
    body = f"올린 후기가 보이지 않아요. {days}일 안에 되돌리지 않으면 체험 후기 미션을 한동안 신청할 수 없어요. 받은 티켓은 그대로예요."
    _tell(member_id, campaign, "campaigns.post_is_gone", "후기가 보이지 않아요", body, key=key, at=at)


def reviews_limited(member_id: int, campaign: Campaign, *, until: datetime, key: str, at: datetime) -> None:
    """It did not come back."""
    day = f"{until.astimezone(SEOUL):%Y-%m-%d}"
    body = f"지운 후기를 되돌리지 않아 {day}까지 체험 후기 미션을 신청할 수 없어요. 잘못됐다고 생각하면 1:1 문의로 알려 주세요."
    _tell(member_id, campaign, "campaigns.reviews_limited", "체험 후기 신청이 제한됐어요", body, key=key, at=at)


def blocked(member: Member, *, until: datetime | None, reason: str, key: str, at: datetime) -> None:
    """No mission may be started any more, or for a while."""
    body = f"{reason} {until.astimezone(SEOUL):%Y-%m-%d}까지" if until else reason
    words = f"{body} 미션에 참여할 수 없어요. 잘못됐다고 생각하면 1:1 문의로 알려 주세요."
    notifications.notify(
        user=member.user, kind="campaigns.blocked", title="미션 참여가 제한됐어요", body=words, url="/luckffle/", key=key, at=at,
        channels=("in_app",),
    )  # fmt: skip


def _tell(member_id: int, campaign: Campaign, kind: str, title: str, body: str, *, key: str, at: datetime) -> None:
    member = Member.objects.select_related("user").get(pk=member_id)
    url = f"/luckffle/missions/{campaign.public_id}/"
    words = f"{campaign.title}: {body}"
    notifications.notify(user=member.user, kind=kind, title=title, body=words, url=url, key=key, at=at, channels=("in_app",))
    push.tell(member_id=member.pk, key=key, title=title, body=words, url=url, at=at)
