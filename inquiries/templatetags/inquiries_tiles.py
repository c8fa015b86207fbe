"""What inquiries offer to pages of other apps."""

from django import template
from django.urls import reverse

from advertisers.models import Advertiser
from advertisers.todo import Todo
from inquiries.models import Inquiry

register = template.Library()

ANSWERS = 3


@register.simple_tag
def inquiry_todos(advertiser: Advertiser) -> tuple[Todo, ...]:
    """The team's newest inquiries with an answer that waits to be read. One query."""
    answered = Inquiry.objects.owned_by(advertiser).filter(state=Inquiry.State.ANSWERED).order_by("-created_at", "-pk")[:ANSWERS]
    return tuple(
        Todo("blue", "message-square-text", "문의에 답변이 도착했어요", row.title, reverse("inquiries:detail", args=[row.public_id]))
        for row in answered
    )
