"""What every button of a desk does: read what was written, make one call, say what came of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from backoffice.admin.base import refusals_as_messages
from backoffice.forms import first_error
from common.forms import SchemaForm


def carry_out(
    request: HttpRequest,
    deed: Callable[[], object],
    *,
    done: str,
    to: HttpResponse,
    form: SchemaForm | None = None,
    again: Callable[[], HttpResponse] | None = None,
) -> HttpResponse:
    """
    One deed, then a sentence and the page `to`; a refusal of the domain is said there instead.

    form: what was written, if the deed needs anything.   again: draws the page once more around a form that was refused.
    """
    if form is not None and again is not None and not form.is_valid():
        messages.error(request, first_error(form))
        return again()
    with refusals_as_messages(request):
        deed()
        messages.success(request, done)
    return to
