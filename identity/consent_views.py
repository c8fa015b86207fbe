"""The page on which people see what they agreed to, and give or take back what is theirs to choose."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from common.portals import LUCKFFLE
from identity import consents
from identity.models import Consent, User

_TEMPLATES = {LUCKFFLE: "identity/consents_luckffle.html"}
_DONE = {True: "동의했어요. 언제든 다시 끌 수 있어요.", False: "동의를 거뒀어요. 이제 보내지 않아요."}


@require_http_methods(["GET", "POST"])
def consents_page(request: HttpRequest) -> HttpResponse:
    """Every text with its version and the day of the answer; one button for each that may be changed."""
    user = request.user
    if not isinstance(user, User):
        raise Http404("nobody is signed in")
    refusal: DomainError | None = None
    if request.method == "POST":
        kind, given = request.POST.get("kind", ""), request.POST.get("given", "")
        if kind not in Consent.Kind.values or kind in consents.REQUIRED or given not in ("yes", "no"):
            raise Http404("nothing to choose")
        try:
            with transaction.atomic(durable=True):
                consents.change(user=user, kind=kind, given=given == "yes", at=timezone.now())
        except DomainError as refused:
            refusal = refused
        else:
            messages.success(request, _DONE[given == "yes"])
            return redirect("consents")
    context = {"answers": consents.answers_of(user, at=timezone.now()), "refusal": refusal}
    template = _TEMPLATES.get(request.portal, "identity/consents.html")  # type: ignore[attr-defined]
    return TemplateResponse(request, template, context, status=422 if refusal else 200)
