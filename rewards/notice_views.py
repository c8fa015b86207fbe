"""What a member wants to hear: consent to ads, by day and by night. The way out that every ad names leads here."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from credits import selectors as balances
from identity import consents
from rewards.access import MemberRequest, member_required
from rewards.push import wishes

_DONE = {True: "동의했어요. 언제든 다시 끌 수 있어요.", False: "동의를 거뒀어요. 이제 보내지 않아요."}


@require_http_methods(["GET", "POST"])
@member_required
def notices(request: MemberRequest) -> HttpResponse:
    """The two consents with the day of the answer, one button each."""
    refusal: DomainError | None = None
    if request.method == "POST":
        kind, given = request.POST.get("kind", ""), request.POST.get("given", "")
        if kind not in wishes.KINDS or given not in ("yes", "no"):
            raise Http404("nothing to choose")
        try:
            with transaction.atomic(durable=True):
                consents.change(user=request.user, kind=kind, given=given == "yes", at=timezone.now())
        except DomainError as refused:
            refusal = refused
        else:
            messages.success(request, _DONE[given == "yes"])
            return redirect("rewards:notices")
    context = {
        "tickets": balances.member_tickets(request.member.pk), "answers": wishes.answers_of(request.member), "refusal": refusal,
    }  # fmt: skip
    return TemplateResponse(request, "rewards/notices.html", context, status=422 if refusal else 200)
