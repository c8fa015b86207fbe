"""The papers of a business: what was handed in, how far the review is, and a new file when one is asked for."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from advertisers import papers
from advertisers.access import PAYERS, TenantRequest, advertiser_required
from advertisers.models import BusinessPaper, BusinessUser
from advertisers.signup.forms import PaperForm
from common import uploads
from common.errors import DomainError
from identity import access_log


def _business(request: TenantRequest) -> BusinessUser:
    """:raises Http404: the advertiser is a person; people have no papers."""
    found = BusinessUser.objects.owned_by(request.advertiser).first()
    if found is None:
        raise Http404("no papers")
    return found


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=PAYERS)
def papers_page(request: TenantRequest) -> HttpResponse:
    """The papers, newest first, and the way to hand in another."""
    business = _business(request)
    form = PaperForm(request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            stored = papers.store(form.cleaned_data["paper"])
            with transaction.atomic(durable=True):
                papers.attach(business=business, stored=stored, by=request.user, at=timezone.now())
            messages.success(request, "서류를 올렸어요. 영업일 1일 안에 확인해요.")
            return redirect("advertisers:papers")
        except DomainError as refusal:
            form.add_error("paper", str(refusal))
    rows = BusinessPaper.objects.owned_by(request.advertiser).order_by("-uploaded_at", "-pk")
    context = {"business": business, "papers": rows, "form": form}
    return TemplateResponse(request, "advertisers/papers.html", context, status=422 if form.errors else 200)


@require_safe
@advertiser_required(roles=PAYERS)
def paper(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One file, to be kept. Who looked is written down."""
    found = BusinessPaper.objects.owned_by(request.advertiser).filter(public_id=public_id).first()
    if found is None:
        raise Http404("no such paper")
    access_log.note(actor=request.user, action="paper.viewed", subject=f"paper:{found.public_id}", at=timezone.now())
    return uploads.answer(found)
