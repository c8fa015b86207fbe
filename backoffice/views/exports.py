"""The door through which any desk's list is taken along as a file."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from backoffice import rights
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import LISTS
from backoffice.rights import Right
from backoffice.site import operator_of, room


@room(Right.EXPORT)
@require_POST
def list_export(request: HttpRequest, name: str) -> HttpResponse:
    """What the desk's page shows for the same question, as a file; whoever may not see the desk takes nothing along."""
    if (found := LISTS.get(name)) is None:
        raise Http404("no such list")
    operator, at = operator_of(request), timezone.now()
    if not rights.has(operator, found.needs):
        raise PermissionDenied
    with refusals_as_messages(request):
        rows = found.find(request.GET, by=operator, at=at)
        return rows.take_along(kind=request.POST.get("kind", ""), reason=request.POST.get("reason", ""), by=operator, at=at)
    return redirect(f"admin:{found.page}")
