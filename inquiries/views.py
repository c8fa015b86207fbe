"""Public pages: the landing page, prices and the legal texts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from inquiries.content import LEGAL_TEXTS, PACKAGES


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What Boost is and how it works."""
    return TemplateResponse(request, "public/landing.html", {"packages": PACKAGES})


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """What each credit package costs, VAT included."""
    return TemplateResponse(request, "public/pricing.html", {"packages": PACKAGES})


@require_safe
def terms(request: HttpRequest, slug: str) -> HttpResponse:
    """One legal text in the wording that holds now."""
    text = LEGAL_TEXTS.get(slug)
    if text is None:
        raise Http404("no such text")
    return TemplateResponse(request, text.template, {"text": text, "texts": LEGAL_TEXTS.values()})
