"""The page of offerwalls: ways to other companies' offers, and what they paid."""

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from credits import selectors as balances
from rewards import offerwalls as walls
from rewards.access import MemberRequest, member_required


@require_safe
@member_required
def offerwalls(request: MemberRequest) -> HttpResponse:
    """Where to find offers, and my newest rewards."""
    context = {
        "tickets": balances.member_tickets(request.member.pk),
        "walls": walls.walls_of(request.member),
        "earned": walls.earned_by(request.member),
    }
    return TemplateResponse(request, "rewards/offerwalls.html", context)
