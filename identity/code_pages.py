"""What every page with a code by SMS or a link by mail does: have a code sent, say how far it is, take what was typed."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.errors import DomainError
from identity import browsers, phone_codes
from identity.models import PhoneCode


class SmsCodeForm(forms.Form):
    """The six digits of an SMS."""

    code = forms.CharField(
        label="인증번호",
        max_length=20,
        error_messages={"required": "문자로 받은 6자리를 적어 주세요.", "max_length": "문자로 받은 6자리를 적어 주세요."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


def send(request: HttpRequest, *, purpose: str, phone: str) -> PhoneCode:
    """
    Have a code sent to a number, for this browser.

    :raises DomainError: a limit is reached; nothing is sent.
    """
    return phone_codes.ask(
        purpose=purpose,
        portal=request.portal,  # type: ignore[attr-defined]
        phone=phone,
        browser=browsers.marked(request),
        address=browsers.address(request),
        at=timezone.now(),
    )


def waiting(request: HttpRequest, *, purpose: str) -> PhoneCode | None:
    """The newest code this browser asked for and may still type."""
    codes = PhoneCode.objects.filter(browser=browsers.mark(request), purpose=purpose).exclude(browser="")
    return codes.filter(used_at__isnull=True, expires_at__gt=timezone.now()).order_by("-created_at").first()


def proved(request: HttpRequest, form: forms.Form, *, purpose: str) -> PhoneCode | None:
    """The code whose digits the form holds; without it the form says why not."""
    if not form.is_valid():
        return None
    code = waiting(request, purpose=purpose)
    try:
        if code is None:
            raise phone_codes.Dead
        return phone_codes.prove(
            public_id=code.public_id, purpose=purpose, browser=code.browser, text=form.cleaned_data["code"], at=timezone.now()
        )
    except DomainError as refusal:
        form.add_error("code", str(refusal))
        return None


@require_safe
def state(request: HttpRequest, purpose: str) -> HttpResponse:
    """How far the code of this browser is; the page that waits for it asks every two seconds."""
    code = waiting(request, purpose=purpose) if purpose in PhoneCode.Purpose.values else None
    if code is None:
        return HttpResponse(status=204)
    return TemplateResponse(request, "identity/_code_state.html", {"code": code})


def without_referer(response: HttpResponse) -> HttpResponse:
    """The same answer; the secret in this page's address goes to no other page."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
