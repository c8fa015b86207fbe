"""Pages on which a signed-in person replaces their phone number or address. Both ask first who it is."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from identity import code_pages, contacts, mail_links, phones, step_up
from identity.code_pages import SmsCodeForm
from identity.models import PhoneCode, StepUpGrant, User
from identity.recovery_views import ByMailForm, ByPhoneForm

_NEW_PHONE = PhoneCode.Purpose.NEW_PHONE


def _me(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404("nobody is signed in")
    return request.user


@require_http_methods(["GET", "POST"])
@step_up.required(StepUpGrant.Purpose.NEW_PHONE)
def phone(request: HttpRequest) -> HttpResponse:
    """A code to the new number, then the number is the account's; the old one is told."""
    user, action = _me(request), request.POST.get("action", "")
    phone_form = ByPhoneForm(request.POST if action == "send" else None)
    code_form = SmsCodeForm(request.POST if action == "code" else None)
    refusal: DomainError | None = None
    try:
        if action == "send" and phone_form.is_valid():
            code_pages.send(request, purpose=_NEW_PHONE, phone=phone_form.cleaned_data["phone"])
            return redirect(request.path)
        if action == "code" and (code := code_pages.proved(request, code_form, purpose=_NEW_PHONE)):
            contacts.change_phone(user=user, code=code, at=timezone.now())
            messages.success(request, "휴대전화 번호를 바꿨어요.")
            return redirect("advertisers:profile")
    except DomainError as refused:
        refusal = refused
    waiting = code_pages.waiting(request, purpose=_NEW_PHONE)
    context: dict[str, Any] = {
        "phone_form": phone_form,
        "code_form": code_form,
        "code": waiting,
        "sent_to": phones.local(waiting.phone) if waiting else "",
        "now": phones.masked(user.phone),
        "refusal": refusal,
    }
    return TemplateResponse(request, "identity/new_phone.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@step_up.required(StepUpGrant.Purpose.NEW_EMAIL)
def email(request: HttpRequest) -> HttpResponse:
    """A mail to the new address; it becomes the account's when its link is pressed. Whether somebody has it, its owner alone learns."""
    user = _me(request)
    form = ByMailForm(request.POST if request.method == "POST" else None)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            mail_links.ask_for_new_email(user=user, email=form.cleaned_data["email"], at=timezone.now())
        except DomainError as refused:
            refusal = refused
        else:
            messages.success(request, "메일을 보냈어요. 새 메일함에서 링크를 눌러야 바뀌어요.")
            return redirect("advertisers:profile")
    context = {"form": form, "now": contacts.masked_email(user.email), "refusal": refusal}
    return TemplateResponse(request, "identity/new_email.html", context, status=422 if request.method == "POST" else 200)
