"""The reward app's doors to pushes: which phone it runs on."""

from datetime import datetime

from django.utils import timezone
from ninja import Router, Status

from common.errors import DomainError
from common.schemas import Output
from identity.tokens import sign_in_of
from rewards import push
from rewards.app_auth import AppRequest, acting_member
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
    device = push.register(member=acting_member(request), told=told, at=timezone.now(), sign_in=sign_in_of(request.auth))
    return DeviceOut(number=device.number, platform=device.platform, may_show=device.may_show, last_seen_at=device.last_seen_at)


@router.post("/devices/{device_number}/forget", response={204: None}, summary="기기 지우기")
def forget(request: AppRequest, device_number: str) -> Status[None]:
    """When somebody signs out on this phone: it hears nothing any more."""
    if not push.forget(member=acting_member(request), number=device_number.replace("\x00", "")[:64]):
        raise DeviceNotFound
    return Status(204, None)
