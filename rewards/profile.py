"""What members say about themselves. Age and sex are no part of it: those come from an identity check alone."""

from datetime import datetime, timedelta

from django.db import transaction

from common import dated
from common.errors import DomainError
from common.kst import SEOUL
from common.schemas import Input
from rewards.app_auth import MemberInactive
from rewards.models import Member
from rewards.regions import Region
from rewards.signing_up import Nickname

REGION_STAYS_DAYS = dated.define("rewards.region_stays_days", default=30, label="사는 지역을 다시 바꿀 수 있을 때까지", unit="일")


class ProfileIn(Input):
    """region: where the member lives."""

    region: Region


class NicknameIn(Input):
    """nickname: what the member is called in Luckffle."""

    nickname: Nickname


class ChangeIn(Input):
    """What is said anew; what is left out stays."""

    region: Region | None = None
    nickname: Nickname | None = None


class RegionJustSaid(DomainError):
    """Missions are offered by region, so nobody moves from one to the next for them."""

    code = "member.region_just_said"
    message = "사는 지역은 {days}일에 한 번 바꿀 수 있어요. {again}부터 다시 바꿀 수 있어요."


def say_region(*, member: Member, region: Region, at: datetime) -> Member:
    """
    Keep where a member lives. Owns the transaction; the same region again changes nothing.

    :raises RegionJustSaid: another one was said a short time ago.
    """
    return change(member=member, region=region, at=at)


def rename(*, member: Member, nickname: str, at: datetime) -> Member:
    """Call a member something else. Owns the transaction. nickname: of `NicknameIn`.   :raises MemberInactive: they left."""
    return change(member=member, nickname=nickname, at=at)


def change(*, member: Member, at: datetime, region: Region | None = None, nickname: str | None = None) -> Member:
    """
    Keep what a member says about themselves, all of it or nothing. Owns the transaction. None: stays as it is.

    :raises RegionJustSaid: another region was said a short time ago.   :raises MemberInactive: they left.
    """
    with transaction.atomic(durable=True):
        row = Member.objects.select_for_update().get(pk=member.pk)
        if not row.is_active:
            raise MemberInactive
        if region is not None and row.region != region:
            _move(row, region, at=at)
        if nickname is not None:
            row.nickname = nickname
        row.save(update_fields=["region", "region_said_at", "nickname"])
        return row


def _move(row: Member, region: Region, *, at: datetime) -> None:
    """:raises RegionJustSaid: another region was said a short time ago."""
    stays = timedelta(days=REGION_STAYS_DAYS.at(at))
    if row.region_said_at is not None and at < row.region_said_at + stays:
        again = (row.region_said_at + stays).astimezone(SEOUL)
        raise RegionJustSaid(days=stays.days, again=f"{again.month}월 {again.day}일 {again:%H:%M}")
    row.region, row.region_said_at = region, at
