"""Who owes the house something: cancelled at the payment company after the credits were spent."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from backoffice.rights import Right
from backoffice.site import page, room
from credits import selectors as credits


@room(Right.SEE_LEDGER)
@require_GET
def claim_list(request: HttpRequest) -> HttpResponse:
    """The debtors, the largest claim first; each leads to the advertiser's page, where a claim is settled."""
    return page(request, "backoffice/claim_list.html", {"title": "받을 금액", "debtors": credits.debtors()})
