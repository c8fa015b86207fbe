"""Pages of the members' portal that show what members own."""

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.http import PortalRequest
from credits import selectors as balances
from rewards.access import member_of


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """My tickets and today's missions; anybody may look, taking part needs a member."""
    member = member_of(request)
    tickets = balances.member_tickets(member.pk) if member else None
    return TemplateResponse(request, "rewards/home.html", {"member": member, "tickets": tickets, "now": timezone.now()})
