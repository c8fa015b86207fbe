"""
Finding an account again. Every answer here is the same, in words, status and work, whether or not we know the number or the address:
what differs is decided later, outside the request.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from identity import browsers, code_pages, mail_links, phones
from identity.backends import KIND_OF_PORTAL
from identity.code_pages import SmsCodeForm, without_referer
from identity.forms import PhoneField
from identity.models import MailLink, PhoneCode, User
from identity.passwords import LONGEST, LengthValidator

_SENT = "메일을 보냈어요. 가입한 이메일이라면 곧 도착해요. 오지 않으면 스팸함도 봐 주세요."


class ByPhoneForm(forms.Form):
    """The account's number."""

    phone = PhoneField(label="휴대전화 번호")
    phone.widget.attrs["placeholder"] = "010-0000-0000"


class ByMailForm(forms.Form):
    """The account's confirmed address."""

    email = forms.EmailField(
        label="이메일",
        max_length=254,
        error_messages={
            "required": "꼭 필요한 항목이에요.",
            "invalid": "이메일을 name@example.com처럼 적어 주세요.",
            "max_length": "이메일을 다시 확인해 주세요.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class ChooseForm(forms.Form):
    """A new password, typed once with a way to see it."""

    password = forms.CharField(
        label="새 비밀번호",
        strip=False,
        max_length=LONGEST,
        help_text=LengthValidator().get_help_text(),
        error_messages={"required": "꼭 필요한 항목이에요.", "max_length": f"비밀번호는 {LONGEST}자까지 정할 수 있어요."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        try:
            validate_password(password, self.user)
        except UnicodeError:
            raise ValidationError("사용할 수 없는 글자가 들어 있어요.") from None
        return password


@never_cache
@require_http_methods(["GET", "POST"])
def find_id(request: HttpRequest) -> HttpResponse:
    """The login ID, by a code to the phone or by mail."""
    return _recover(request, by_phone=PhoneCode.Purpose.FIND_ID, by_mail=MailLink.Purpose.FIND_ID, title="아이디 찾기")


@never_cache
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """The way to a new password, by a code to the phone or by a link in a mail."""
    return _recover(request, by_phone=PhoneCode.Purpose.RESET, by_mail=MailLink.Purpose.RESET, title="비밀번호 다시 정하기")


def _recover(request: HttpRequest, *, by_phone: str, by_mail: str, title: str) -> HttpResponse:
    action = request.POST.get("action", "")
    phone_form = ByPhoneForm(request.POST if action == "send" else None)
    code_form = SmsCodeForm(request.POST if action == "code" else None)
    mail_form = ByMailForm(request.POST if action == "mail" else None)
    context: dict[str, Any] = {"title": title, "by_phone": by_phone}
    try:
        if action == "send" and phone_form.is_valid():
            code_pages.send(request, purpose=by_phone, phone=phone_form.cleaned_data["phone"])
            return redirect(request.path)
        if action == "mail" and mail_form.is_valid():
            portal: str = request.portal  # type: ignore[attr-defined]
            browsers.marked(request)  # the same row of a session, whoever asks
            email = mail_form.cleaned_data["email"]
            mail_links.ask(purpose=by_mail, portal=portal, email=email, address=browsers.address(request), at=timezone.now())
            messages.success(request, _SENT)
            return redirect(request.path)
        if action == "code" and (code := code_pages.proved(request, code_form, purpose=by_phone)):
            return _found(request, code, context)
    except DomainError as refusal:
        context["refusal"] = refusal
    waiting = code_pages.waiting(request, purpose=by_phone)
    sent_to = phones.local(waiting.phone) if waiting else ""
    context |= {"phone_form": phone_form, "code_form": code_form, "mail_form": mail_form, "code": waiting, "sent_to": sent_to}
    return TemplateResponse(request, "identity/recover.html", context, status=422 if request.method == "POST" else 200)


def _found(request: HttpRequest, code: PhoneCode, context: dict[str, Any]) -> HttpResponse:
    """The code was right, so the number's owner sits here: their ID, or the way to a new password."""
    kind = KIND_OF_PORTAL[request.portal]  # type: ignore[attr-defined]
    user = User.objects.filter(kind=kind, phone=code.phone, is_active=True).first()
    if user is not None and code.purpose == PhoneCode.Purpose.RESET:
        return redirect("password-reset-choose", mail_links.grant_reset(user=user, at=timezone.now()))
    return TemplateResponse(request, "identity/found.html", {**context, "user_found": user})


@never_cache
@require_http_methods(["GET", "POST"])
def choose_password(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link. Looking does not use the link up; the address goes into no Referer."""
    portal: str = request.portal  # type: ignore[attr-defined]
    try:
        link = mail_links.open_link(token=token, purpose=MailLink.Purpose.RESET, portal=portal, at=timezone.now())
        form = ChooseForm(request.POST if request.method == "POST" else None, user=User.objects.get(pk=link.user_id or 0))
        if request.method == "POST" and form.is_valid():
            mail_links.choose_password(token=token, portal=portal, password=form.cleaned_data["password"], at=timezone.now())
            return _done(request, "비밀번호를 새로 정했어요", "모든 기기에서 로그아웃했어요. 새 비밀번호로 로그인해 주세요.")
    except mail_links.Dead as refusal:
        return without_referer(TemplateResponse(request, "identity/dead_link.html", {"refusal": refusal}, status=410))
    status = 422 if request.method == "POST" else 200
    return without_referer(TemplateResponse(request, "identity/choose_password.html", {"form": form}, status=status))


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in the mail of signing up; one press confirms."""
    portal: str = request.portal  # type: ignore[attr-defined]
    try:
        link = mail_links.open_link(token=token, purpose=MailLink.Purpose.CONFIRM, portal=portal, at=timezone.now())
        if request.method == "POST":
            mail_links.confirm(token=token, portal=portal, at=timezone.now())
            return _done(request, "이메일을 확인했어요", "이제 이메일로도 로그인하고 알림을 받아요.")
    except DomainError as refusal:
        status = refusal.http_status
        return without_referer(TemplateResponse(request, "identity/dead_link.html", {"refusal": refusal}, status=status))
    return without_referer(TemplateResponse(request, "identity/confirm_email.html", {"link": link}))


def _done(request: HttpRequest, title: str, text: str) -> HttpResponse:
    """The link did its one thing; where to go from here."""
    home = settings.PORTAL_HOMES[request.portal]  # type: ignore[attr-defined]
    return without_referer(TemplateResponse(request, "identity/link_used.html", {"title": title, "text": text, "home": home}))
