"""Public pages: what Boost is, what it costs, notices, questions, guides, legal texts, and a form for people without an account."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from common import uploads
from common.errors import DomainError
from identity import browsers
from inquiries import content, embeds, guests
from inquiries.forms import GuestForm
from inquiries.models import Faq, Guide, GuideSnapshot, Notice, SnapshotPicture

NOTICES_PER_PAGE = 20
LONGEST_SEARCH = 50


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What Boost is and how it works."""
    return TemplateResponse(request, "public/landing.html", {"questions": Faq.objects.of_the_landing_page(), "now": timezone.now()})


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """What each credit package costs, VAT included, and what a participation of each type costs."""
    return TemplateResponse(request, "public/pricing.html", {"now": timezone.now()})


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What is announced, pinned ones first."""
    rows = Paginator(Notice.objects.shown(timezone.now()), NOTICES_PER_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(request, "public/notices.html", {"rows": rows})


@require_safe
def notice(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One announcement."""
    found = get_object_or_404(Notice.objects.shown(timezone.now()), public_id=public_id)
    return TemplateResponse(request, "public/notice.html", {"notice": found})


@require_safe
def faq(request: HttpRequest) -> HttpResponse:
    """Questions that are asked often, by topic; those with a word in them."""
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    questions = Faq.objects.shown()
    if wanted:
        questions = questions.filter(Q(question__icontains=wanted) | Q(answer__icontains=wanted))
    return TemplateResponse(request, "public/faq.html", {"sections": content.sections(questions), "wanted": wanted})


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """Every guide."""
    return TemplateResponse(request, "public/guides.html", {"guides": Guide.objects.shown()})


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One guide, with the way to the others."""
    found = get_object_or_404(Guide.objects.shown().select_related("published"), slug=slug)
    embed_url = found.embed_url if embeds.is_allowed(found.embed_url) else ""
    context = {"guide": found, "guides": Guide.objects.shown(), "embed_url": embed_url}
    response = TemplateResponse(request, "public/guide.html", context)
    if embed_url:
        response._csp_update = {"frame-src": embeds.origins()}  # type: ignore[attr-defined]
    return response


@require_safe
@cache_control(public=True, max_age=86_400, immutable=True)
def guide_picture(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A picture of a guide, of our own storage: nothing on our pages comes from Notion."""
    found = get_object_or_404(SnapshotPicture, public_id=public_id, snapshot__state=GuideSnapshot.State.PUBLISHED)
    return HttpResponse(uploads.picture_of(found, number=1), content_type=found.content_type)


@require_safe
def terms(request: HttpRequest, slug: str, version: str = "") -> HttpResponse:
    """One legal text: in the wording that holds now, or in the one of a version."""
    try:
        page = content.legal_page(slug, version=version, at=timezone.now())
    except KeyError:
        raise Http404("no such text") from None
    return TemplateResponse(request, "public/terms.html", page)


@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """A question of somebody without an account; the answer goes to their mailbox."""
    form = GuestForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if form.is_machine:  # it hears the same as a person, and nothing is kept
                return redirect("inquiries:contact-sent")
            try:
                guests.ask(guest=form.value, address=browsers.address(request), key=form.sent_key, at=timezone.now())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
                status = refusal.http_status
            else:
                return redirect("inquiries:contact-sent")
    return TemplateResponse(request, "public/contact.html", {"form": form}, status=status)


@require_safe
def contact_sent(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    return TemplateResponse(request, "public/contact_sent.html")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may look at."""
    return TemplateResponse(request, "public/robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The public pages, for search engines."""
    context = {"addresses": content.addresses(at=timezone.now())}
    return TemplateResponse(request, "public/sitemap.xml", context, content_type="application/xml")
