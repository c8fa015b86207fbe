"""What inquiries offer to pages of other apps."""

from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse

from advertisers.models import Advertiser
from advertisers.todo import Todo
from inquiries.models import Inquiry, Notice

register = template.Library()

ANSWERS = NOTICES = 3


@register.simple_tag
def inquiry_todos(advertiser: Advertiser) -> tuple[Todo, ...]:
    """The team's newest inquiries with an answer that waits to be read. One query."""
    answered = Inquiry.objects.owned_by(advertiser).filter(state=Inquiry.State.ANSWERED).order_by("-created_at", "-pk")[:ANSWERS]
    return tuple(
        Todo("blue", "message-square-text", "문의에 답변이 도착했어요", row.title, reverse("inquiries:detail", args=[row.public_id]))
        for row in answered
    )


@register.inclusion_tag("inquiries/tiles/notices.html")
def notices_tile(at: datetime) -> dict[str, Any]:
    """The newest announcements, for the dashboard. One query."""
    return {"notices": list(Notice.objects.shown(at)[:NOTICES])}
