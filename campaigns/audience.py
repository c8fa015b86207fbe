"""
Whom a campaign may reach: how many members fit its conditions, and lists of people whom an advertiser leaves out.

A number below FLOOR is never shown, and others only in tens, so that nobody learns about single members from it. Of a list only keyed
hashes of the phone numbers are kept.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from advertisers.models import Advertiser
from campaigns.models import ExcludedPerson, ExclusionList
from common.errors import DomainError
from common.kst import day_of
from identity import phones
from identity.models import User
from rewards.models import Member
from rewards.regions import Region

FLOOR = 50
LARGEST_FILE = 2 * 1024 * 1024
MOST_PEOPLE = 100_000
KEPT_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Audience:
    """people: in tens, 0 below the floor.   is_small: below it.   is_uncounted: a condition is looked at only when somebody starts."""

    people: int
    is_small: bool
    is_uncounted: bool


class ListRefused(DomainError):
    """The file is no list of phone numbers."""

    code = "campaign.exclusions_refused"
    message = "제외 목록을 받지 않았어요. {why}"
    http_status = 422


class NotYourList(DomainError):
    """The list belongs to nobody or to somebody else."""

    code = "campaign.exclusions_unknown"
    message = "제외 목록을 찾을 수 없어요. 다시 올려 주세요."
    http_status = 422


def size(setting: dict[str, Any], *, at: datetime) -> Audience:
    """
    How many active members fit the age, the sex and the regions of these answers, as far as the answers can be read. One query.

    Who never proved an age or a sex, or never said where they live, fits no condition on it.
    """
    members = Member.objects.filter(is_active=True)
    year = day_of(at).year
    if youngest := _whole(setting.get("age_from")):
        members = members.filter(birth_year__lte=year - youngest)
    if oldest := _whole(setting.get("age_until")):
        members = members.filter(birth_year__gte=year - oldest)
    if setting.get("sex") in Member.Sex.values:
        members = members.filter(sex=setting["sex"])
    if regions := [region for region in setting.get("regions") or () if region in Region.values]:
        members = members.filter(region__in=regions)
    count = members.count()
    return Audience(
        people=0 if count < FLOOR else count // 10 * 10,
        is_small=count < FLOOR,
        is_uncounted=bool(setting.get("systems") or setting.get("exclusions")),
    )


def person_key(phone: str) -> str:
    """What stands for a phone number (E.164) in a list; without our secret nobody can tell which number it is."""
    return hmac.new(settings.PERSON_HASH_KEY.encode(), f"exclusion:{phone}".encode(), hashlib.sha256).hexdigest()


def keep_list(*, advertiser: Advertiser, upload: "UploadedFile[Any]", by: User, at: datetime) -> ExclusionList:
    """
    Keep a list of people to leave out: a text or CSV file with one phone number per line, in its first column.

    :raises ListRefused: too large, no text, no number, or a line that is none.
    """
    keys = sorted({person_key(phone) for phone in _phones(upload)})
    with transaction.atomic(durable=True):
        row = ExclusionList.objects.create(
            advertiser=advertiser,
            name=_shown_name(upload.name),
            entries=len(keys),
            uploaded_by=by,
            uploaded_at=at,
            expires_at=at + KEPT_FOR,
        )
        ExcludedPerson.objects.bulk_create((ExcludedPerson(list=row, key=key) for key in keys), batch_size=5_000)
    return row


def find(advertiser: Advertiser, public_id: Any) -> ExclusionList | None:
    """The advertiser's list of this number, whatever was given for one."""
    try:
        number = UUID(str(public_id))
    except ValueError:
        return None
    return ExclusionList.objects.owned_by(advertiser).filter(public_id=number).first()


def refuse_foreign(advertiser: Advertiser, public_id: UUID | None) -> None:
    """:raises NotYourList: the advertiser has no such list."""
    if public_id is not None and find(advertiser, public_id) is None:
        raise NotYourList


def forget_expired(*, at: datetime) -> int:
    """Delete lists whose time is over; how many."""
    with transaction.atomic(durable=True):
        over = ExclusionList.objects.filter(expires_at__lte=at)
        number = over.count()
        over.delete()
        return number


def _phones(upload: "UploadedFile[Any]") -> Iterable[str]:
    if not upload.size or upload.size > LARGEST_FILE:
        raise ListRefused(why=f"파일은 {LARGEST_FILE // 1024 // 1024}MB까지 올릴 수 있어요.")
    lines = [line.split(",")[0].strip().strip('"') for line in _text(upload.read()).splitlines()]
    written = [(number, line) for number, line in enumerate(lines, start=1) if line]
    if written and not any(letter.isdigit() for letter in written[0][1]):
        written = written[1:]  # the name of the column
    if not written:
        raise ListRefused(why="휴대전화 번호가 한 줄에 하나씩 있어야 해요.")
    if len(written) > MOST_PEOPLE:
        raise ListRefused(why=f"{MOST_PEOPLE:,}명까지 올릴 수 있어요.")
    found = [(number, phones.normalise(line)) for number, line in written]
    wrong = [number for number, phone in found if phone is None]
    if wrong:
        raise ListRefused(why=f"{wrong[0]:,}번째 줄이 휴대전화 번호가 아니에요. 모두 {len(wrong):,}줄을 고쳐 주세요.")
    return [phone for _, phone in found if phone is not None]


def _text(raw: bytes) -> str:
    """As spreadsheets in Korea write it."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise ListRefused(why="텍스트나 CSV 파일을 올려 주세요.")


def _shown_name(name: str | None) -> str:
    kept = "".join(letter for letter in (name or "") if letter.isalnum() or letter in " _-().").strip()[:100]
    return kept or "제외 목록"


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 150 else 0
