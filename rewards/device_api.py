"""The reward app's doors to its own notices: which phone it runs on, and what its member wants to hear."""

from datetime import datetime
from typing import Annotated, Literal

from django.db import transaction
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from common.errors import DomainError
from common.schemas import Input, Output
from identity import consents
from rewards import push
from rewards.app_auth import AppRequest, acting_member
from rewards.models import Member
from rewards.push import wishes
from rewards.push.devices import DeviceIn

router = Router(tags=["알림"])


class DeviceNotFound(DomainError):
    code = "device.not_found"
    message = "등록한 기기가 아니에요."
    http_status = 404


class DeviceOut(Output):
    """number: as the app gave it.   last_seen_at: now."""

    number: str
    platform: str
    may_show: bool
    last_seen_at: datetime


@router.post("/devices", response=DeviceOut, summary="기기 등록")
def register(request: AppRequest, told: DeviceIn) -> DeviceOut:
    """At every start and when the token changed. The same again only says that the phone is still there."""
    device = push.register(member=acting_member(request), told=told, at=timezone.now())
    return DeviceOut(number=device.number, platform=device.platform, may_show=device.may_show, last_seen_at=device.last_seen_at)


@router.post("/devices/{device_number}/forget", response={204: None}, summary="기기 지우기")
def forget(request: AppRequest, device_number: str) -> Status[None]:
    """When somebody signs out on this phone: it hears nothing any more."""
    if not push.forget(member=acting_member(request), number=device_number.replace("\x00", "")[:64]):
        raise DeviceNotFound
    return Status(204, None)


class WishIn(Input):
    """kind: ads at all, or by night as well.   given: yes or no."""

    kind: Literal["MARKETING", "NIGHT"]
    given: Annotated[bool, Field(strict=True)]


class WishOut(Output):
    """text: what is agreed to.   version: of the text that was answered; at: when; both empty before the first answer."""

    kind: str
    text: str
    given: bool
    version: str
    at: datetime | None


@router.get("/consents", response=list[WishOut], summary="소식 받기")
def wish_list(request: AppRequest) -> list[WishOut]:
    """What I said to ads, and to ads by night."""
    return _wishes(acting_member(request))


@router.post("/consents", response=list[WishOut], summary="소식 받기 바꾸기")
def change_wish(request: AppRequest, said: WishIn) -> list[WishOut]:
    """Agree, or take it back: no ad is sent from then on. Without the first there is no second."""
    member = acting_member(request)
    with transaction.atomic(durable=True):
        consents.change(user=member.user, kind=said.kind, given=said.given, at=timezone.now())
    return _wishes(member)


def _wishes(member: Member) -> list[WishOut]:
    return [
        WishOut(kind=answer.text.kind, text=answer.text.summary, given=answer.given, version=answer.version, at=answer.at)
        for answer in wishes.answers_of(member)
    ]
