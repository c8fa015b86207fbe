"""What each desk lists. backoffice/lists.py says what a list can do."""

from datetime import datetime

from django.db.models import Q, QuerySet

from backoffice.lists import DeskList, Filter
from backoffice.rights import Right
from campaigns.models import Banner, Viewers

_OVER = "over"


def _banners(tab: str, at: datetime) -> QuerySet[Banner]:
    rows = Banner.objects.select_related("campaign", "raffle", "notice", "made_by")
    over = Q(stopped_at__isnull=False) | Q(shown_until__lte=at)
    return rows.filter(over).order_by("-shown_until", "-pk") if tab == _OVER else rows.exclude(over).order_by("place", "shown_from", "pk")


BANNERS = DeskList(
    name="banners",
    page="banner-list",
    title="배너",
    needs=Right.SEE_CAMPAIGNS,
    rows=_banners,
    tabs=("going", _OVER),
    search=("title", "alt", "campaign__title", "raffle__title", "notice__title", "address"),
    filters=(
        Filter("viewers", "보는 사람", lambda: Viewers.choices, lambda value: Q(viewers=value)),
        Filter("leads_to", "연결", lambda: Banner.LeadsTo.choices, lambda value: Q(leads_to=value)),
    ),
    columns={
        "자리": lambda row: row.place,
        "이름": lambda row: row.title,
        "대체 텍스트": lambda row: row.alt,
        "연결": lambda row: row.get_leads_to_display(),
        "보는 사람": lambda row: row.get_viewers_display(),
        "기기": lambda row: row.get_system_display(),
        "시작": lambda row: row.shown_from,
        "끝": lambda row: row.shown_until,
        "멈춘 때": lambda row: row.stopped_at or "",
        "만든 사람": lambda row: row.made_by.get_full_name(),
    },
)

LISTS: dict[str, DeskList] = {one.name: one for one in (BANNERS,)}
