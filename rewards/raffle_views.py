"""Pages of raffles: what is on, one raffle with its promise, entering, claiming, and checking a draw."""

from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import DomainError
from common.http import PortalRequest
from credits import selectors as balances
from rewards import prize_tax, raffles
from rewards.access import MemberRequest, member_of, member_required
from rewards.forms import EntryForm, TaxForm
from rewards.models import Raffle
from rewards.models.raffles import State
from rewards.prize_tax import reading
from rewards.raffles import board, record

PER_PAGE = 20
SCRIPT = Path("docs") / "verify_raffle.py"


@require_safe
def raffle_list(request: PortalRequest) -> HttpResponse:
    """What is on, then what was drawn. Anybody may look."""
    member, at = member_of(request), timezone.now()
    page = Paginator(Raffle.objects.shown().order_by("-closes_at"), PER_PAGE).get_page(request.GET.get("page"))
    found = board.cards(page.object_list, at=at)
    context = {
        "member": member,
        "tickets": balances.member_tickets(member.pk) if member else None,
        "open": [card for card in reversed(found) if card.standing == State.OPEN],
        "over": [card for card in found if card.standing != State.OPEN],
        "page": page,
        "now": at,
    }
    return TemplateResponse(request, "rewards/raffles.html", context)


@require_safe
def raffle(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """One raffle: its promise step by step, and the one thing to do next."""
    return _page(request, _shown(public_id), EntryForm(initial={"key": uuid4()}))


@require_POST
@member_required
def enter(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Spend tickets on numbers; the same form sent twice is one entry."""
    found, form = _shown(public_id), EntryForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    asked = form.cleaned_data
    try:
        entry = raffles.enter(member=request.member, raffle=public_id, chances=asked["chances"], key=str(asked["key"]), at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"티켓 {entry.tickets:,}장으로 {entry.chances:,}번 응모했어요.")
    return redirect("rewards:raffle", public_id)


@require_POST
@member_required
def claim(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """A winner says that the prize is wanted."""
    try:
        raffles.claim(member=request.member, raffle=public_id, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("rewards:raffle", public_id)
    if reading.own_tax(request.member, public_id) is not None:
        messages.success(request, "경품을 받겠다고 알려 주셔서 고마워요. 제세공과금을 내면 보내 드려요.")
        return redirect("rewards:raffle-tax", public_id)
    messages.success(request, "경품을 받겠다고 알려 주셔서 고마워요. 전달 방법을 곧 안내할게요.")
    return redirect("rewards:raffle", public_id)


@sensitive_post_parameters("number")
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def raffle_tax(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """What the winner of a taxed prize owes, why, until when, and who pays it."""
    form = TaxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prize_tax.give(member=request.member, raffle=public_id, answer=form.value, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "신고 정보를 잠가서 보관했어요. 이제 제세공과금을 보내 주세요.")
            return redirect("rewards:raffle-tax", public_id)
    tax = reading.own_tax(request.member, public_id)
    if tax is None:
        raise Http404("this member owes no prize tax here")
    context = {
        "raffle": tax.winner.raffle,
        "prize": tax.winner.raffle.prize_of(tax.winner.prize_rank or 1),
        "tax": tax,
        "form": form,
        "account": settings.PRIZE_TAX_ACCOUNT,
        "now": timezone.now(),
    }
    return TemplateResponse(request, "rewards/raffle_tax.html", context, status=422 if form.errors else 200)


@require_safe
def verify(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Check a draw: the browser repeats it from the public record; without a script the values and the way are there to read."""
    found, member = _shown(public_id), member_of(request)
    page = Paginator(record.entries_of(found, member), PER_PAGE).get_page(request.GET.get("page")) if member else None
    context = {
        "raffle": found,
        "record": record.summary_of(found),
        "own": record.proofs_of(found, member, page.object_list) if member and page else None,
        "page": page,
        "winners": record.winners_of(found),
    }
    return TemplateResponse(request, "rewards/raffle_verify.html", context)


@require_safe
def raffle_record(request: PortalRequest, public_id: UUID) -> StreamingHttpResponse:
    """The public record as JSON (docs/raffles.md)."""
    return StreamingHttpResponse(record.written(_shown(public_id)), content_type="application/json")


@require_safe
def script(request: PortalRequest) -> HttpResponse:
    """The program that repeats a draw without our code."""
    text = (settings.BASE_DIR / SCRIPT).read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{SCRIPT.name}"'}
    return HttpResponse(text, content_type="text/x-python; charset=utf-8", headers=headers)


def _shown(public_id: UUID) -> Raffle:
    found = Raffle.objects.shown().select_related("commitment", "draw", "sponsor").filter(public_id=public_id).first()
    if found is None:
        raise Http404("no such raffle")
    return found


def _page(request: PortalRequest, found: Raffle, form: EntryForm, *, status: int = 200) -> HttpResponse:
    member, at = member_of(request), timezone.now()
    own = Paginator(record.entries_of(found, member), PER_PAGE).get_page(1) if member else None
    context = {
        "raffle": found,
        "standing": board.standing_of(found, member, at=at),
        "member": member,
        "tickets": balances.member_tickets(member.pk) if member else None,
        "own": own,
        "winners": record.winners_of(found),
        "events": found.events.order_by("at", "pk"),
        "tax": reading.own_tax(member, found.public_id) if member else None,
        "form": form,
        "rules": board.rules_of(found, at=at),
        "now": at,
    }
    return TemplateResponse(request, "rewards/raffle.html", context, status=status)
