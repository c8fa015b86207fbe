"""Lists from files: a look that changes nothing, then taking over exactly what was shown."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import imports, rights
from backoffice.admin.base import refusals_as_messages
from backoffice.forms import ReasonSheet
from backoffice.imports import KINDS, Kind, Look
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from common import exports
from common.errors import DomainError


@room(Right.EDIT_CONTENT, Right.RUN_GIFTICONS)
@require_GET
def import_new(request: HttpRequest, kind: str) -> HttpResponse:
    """What the file must look like, and where to put it in."""
    return _page(request, _kind(request, kind))


@room(Right.EDIT_CONTENT, Right.RUN_GIFTICONS)
@require_GET
def import_example(request: HttpRequest, kind: str) -> HttpResponse:
    """A file with the columns and one line, to begin with."""
    known = _kind(request, kind)
    content = exports.csv_file([known.heads, known.example])
    disposition = f'attachment; filename="{known.name}-example.csv"'
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


@room(Right.EDIT_CONTENT, Right.RUN_GIFTICONS)
@require_POST
def import_look(request: HttpRequest, kind: str) -> HttpResponse:
    """Read it and show line by line what would happen; nothing is changed."""
    known = _kind(request, kind)
    try:
        found = imports.look(kind=known, upload=request.FILES.get("file"), by=operator_of(request), at=timezone.now())
    except DomainError as refusal:
        return _page(request, known, refusal=str(refusal), status=422)
    return _page(request, known, look=found)


@room(Right.EDIT_CONTENT, Right.RUN_GIFTICONS)
@require_POST
def import_take(request: HttpRequest, kind: str) -> HttpResponse:
    """Do what was shown."""
    known, form = _kind(request, kind), ReasonSheet(request.POST)
    if not form.is_valid():
        return _page(request, known, refusal="가져오는 이유를 두 글자 넘게 적고 파일을 다시 올려 주세요.", status=422)
    with refusals_as_messages(request):
        token, reason = request.POST.get("token", "")[:1_000], form.value.reason
        done = imports.take_over(kind=known, token=token, by=operator_of(request), reason=reason, at=timezone.now())
        messages.success(request, f"{known.title} {done.count('NEW'):,}줄을 새로 넣고 {done.count('CHANGED'):,}줄을 바꿨어요.")
        return redirect(f"admin:{known.page}")
    return redirect("admin:list-import", known.name)


def _kind(request: HttpRequest, name: str) -> Kind:
    if (known := KINDS.get(name)) is None:
        raise Http404("no such list")
    if not rights.has(operator_of(request), known.needs):
        raise PermissionDenied
    return known


def _page(request: HttpRequest, kind: Kind, *, look: Look | None = None, refusal: str = "", status: int = 200) -> HttpResponse:
    operator = operator_of(request)
    context = {
        "title": f"{kind.title} 가져오기",
        "kind": kind,
        "kinds": [one for one in KINDS.values() if rights.has(operator, one.needs)],
        "look": look,
        "refusal": refusal,
    }
    return page(request, "backoffice/list_import.html", context, status=status)
