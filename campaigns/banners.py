"""Banners of the reward app's first page as people see them. Nothing here writes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from campaigns.device import device_of
from campaigns.models import VIEWERS, Banner, System, Viewers
from common.portals import ADVERTISER, LUCKFFLE, URLCONFS, absolute
from rewards.models import Member

NEW_FOR = timedelta(days=7)  # how long somebody who joined is a newcomer
_SYSTEM_OF = {"android": System.ANDROID, "ios": System.IOS}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody before the first page. who: GUESTS, NEWCOMERS, or MEMBERS for who has been there longer.   system: ANY for no phone."""

    who: Viewers
    system: System

    def sees(self, banner: Banner) -> bool:
        """True when the banner is meant for such a person on such a phone."""
        first, behind = VIEWERS[Viewers(banner.viewers)]
        at = VIEWERS[self.who][1] - 1 if self.who == Viewers.MEMBERS else VIEWERS[self.who][0]
        return first <= at < behind and banner.system in (System.ANY, self.system)


@dataclass(frozen=True, slots=True)
class Shown:
    """A banner on the page. href: where it leads.   is_ad: it leads to what somebody advertises."""

    public_id: UUID
    alt: str
    image_url: str
    href: str
    is_ad: bool
    leads_to: str
    target: UUID | None


def viewer_of(request: HttpRequest, member: Member | None, *, at: datetime) -> Viewer:
    """Who stands before the page. No query."""
    system = _SYSTEM_OF.get(device_of(request.headers).partition("/")[0], System.ANY)
    if member is None:
        return Viewer(Viewers.GUESTS, system)
    return Viewer(Viewers.NEWCOMERS if at - member.created_at < NEW_FOR else Viewers.MEMBERS, system)


def picture_url(banner: Banner) -> str:
    """Where people find its picture; another picture has another address."""
    return f"{reverse('campaigns:banner-image', args=[banner.public_id], urlconf=URLCONFS[LUCKFFLE])}?v={banner.digest[:12]}"


def shown(viewer: Viewer, *, at: datetime, picture: Callable[[Banner], str] = picture_url) -> list[Shown]:
    """What this person sees at a moment, by place. One query."""
    rows = Banner.objects.shown(at).select_related("campaign", "raffle", "notice")
    return [
        Shown(
            public_id=row.public_id,
            alt=row.alt,
            image_url=picture(row),
            href=href_of(row),
            is_ad=row.is_ad,
            leads_to=row.leads_to,
            target=target_of(row),
        )
        for row in rows
        if viewer.sees(row)
    ]


def find_shown(public_id: UUID, *, at: datetime) -> Banner | None:
    """A banner that somebody may see now."""
    return Banner.objects.shown(at).filter(public_id=public_id).first()


def target_of(banner: Banner) -> UUID | None:
    """The number of what it leads to in our house."""
    target = banner.campaign or banner.raffle or banner.notice
    return target.public_id if target is not None else None


def href_of(banner: Banner) -> str:
    """Where it leads. Notices are pages of the advertisers' portal that anybody may read."""
    if banner.campaign is not None:
        return reverse("campaigns:mission", args=[banner.campaign.public_id], urlconf=URLCONFS[LUCKFFLE])
    if banner.raffle is not None:
        return reverse("rewards:raffle", args=[banner.raffle.public_id], urlconf=URLCONFS[LUCKFFLE])
    if banner.notice is not None:
        return absolute(ADVERTISER, "inquiries:notice", public_id=banner.notice.public_id)
    return banner.address


def full_address(place: str) -> str:
    """The same for somebody outside a browser: our own paths with the origin of the members' portal."""
    return f"{settings.PORTAL_ORIGINS[LUCKFFLE]}{place}" if place.startswith("/") else place
