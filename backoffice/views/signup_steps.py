"""Where people leave while they sign up."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from backoffice import signup_steps
from backoffice.rights import Right
from backoffice.site import page, room
from common import kst


@room(Right.SEE_PEOPLE)
@require_GET
def signup_step_list(request: HttpRequest) -> HttpResponse:
    """Both kinds of sign-up, week by week."""
    context = {"title": "가입 단계", "funnels": signup_steps.funnels(on=kst.day_of(timezone.now()))}
    return page(request, "backoffice/signup_steps.html", context)
