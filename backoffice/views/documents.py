"""Tax invoices and cash receipts: what was issued, what failed and why, and another try."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import DOCUMENT_TABS, DOCUMENTS, counted
from backoffice.forms import ReasonSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from payments.models import TaxDocument

PER_PAGE = 50


@room(Right.SEE_PAYMENTS)
@require_GET
def document_list(request: HttpRequest) -> HttpResponse:
    """One state at a time, failures first."""
    operator = operator_of(request)
    found = DOCUMENTS.find(request.GET, by=operator, at=timezone.now())
    context = {
        "title": "세금 문서",
        "found": found,
        "tabs": counted(DOCUMENT_TABS, TaxDocument.objects.all()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": rights.has(operator, Right.EXPORT),
        "may_retry": rights.has(operator, Right.SETTLE_DIFFERENCES),
    }
    return page(request, "backoffice/document_list.html", context)


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def document_retry(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Issue a failed one again, for the buyer as the profile says it now."""
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect("admin:document-list")
    try:
        with refusals_as_messages(request):
            services.retry_document(public_id=public_id, by=operator_of(request), reason=form.value.reason, at=timezone.now())
            messages.success(request, "문서를 다시 발행하고 있어요.")
    except TaxDocument.DoesNotExist:
        raise Http404("no such document") from None
    return redirect("admin:document-list")
