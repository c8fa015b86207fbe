"""Pages around a member's account: signing up, who one is, the file of one's data, and leaving."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import DomainError
from identity import access_log, browsers, code_pages, consents, identity_checks, phones
from identity.code_pages import SmsCodeForm
from identity.models import IdentityCheck, PhoneCode, User
from identity.recovery_views import ByPhoneForm
from rewards import data_export, leaving, own_password, own_phone, profile, referrals, services, signing_up
from rewards.access import MemberRequest, member_required
from rewards.forms import JoinForm, LeaveForm, NewPhoneForm, NicknameForm

_BACKEND = "identity.backends.PortalBackend"
_BY_CODE, _MEMBER, _NEW_PHONE = PhoneCode.Purpose.SIGN_UP, IdentityCheck.Purpose.MEMBER, PhoneCode.Purpose.NEW_PHONE


@never_cache
@require_http_methods(["GET", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """The first half: a code to the phone. An invitation in the address is carried on."""
    if request.user.is_authenticated:
        return redirect("rewards:home")
    action, refusal = request.POST.get("action", ""), None
    phone_form = ByPhoneForm(request.POST if action == "send" else None)
    code_form = SmsCodeForm(request.POST if action == "code" else None)
    try:
        if action == "send" and phone_form.is_valid():
            code_pages.send(request, purpose=_BY_CODE, phone=phone_form.cleaned_data["phone"])
            return redirect(request.get_full_path())
        if action == "code" and (code := code_pages.proved(request, code_form, purpose=_BY_CODE)):
            signing_up.require_free(code.phone)
            return _on(request, "rewards:signup-finish")
    except DomainError as refused:
        refusal = refused
    code = code_pages.waiting(request, purpose=_BY_CODE)
    context = {
        "phone_form": phone_form, "code_form": code_form, "code": code, "sent_to": phones.local(code.phone) if code else "",
        "refusal": refusal,
    }  # fmt: skip
    return TemplateResponse(request, "rewards/signup.html", context, status=422 if action else 200)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def signup_finish(request: HttpRequest) -> HttpResponse:
    """The second half: nickname, password and consents; then the member is signed in."""
    if request.user.is_authenticated:
        return redirect("rewards:home")
    phone = signing_up.proved_phone(browser=browsers.mark(request), at=timezone.now())
    if not phone:
        return _on(request, "rewards:signup")
    form = JoinForm(request.POST if request.method == "POST" else None, initial={"invitation": _invitation(request)})
    if request.method == "POST" and form.is_valid():
        try:
            member = signing_up.sign_up(browser=browsers.mark(request), answer=form.value, at=timezone.now())
        except signing_up.PasswordRefused as refusal:
            form.add_error("password", str(refusal))
        except referrals.InvitationUnknown as refusal:
            form.add_error("invitation", str(refusal))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            user = member.user
            user.backend = _BACKEND  # type: ignore[attr-defined]  # what Django's login wants to know
            get_adapter().login(request, user)
            messages.success(request, f"{member.nickname}님, 반가워요. 첫 미션을 시작해 보세요.")
            return redirect("rewards:home")
    texts = consents.texts_of(User.Kind.MEMBER)
    rows = [(form[text.kind.lower()], text) for text in texts]
    context = {
        "form": form, "phone": phones.local(phone),
        "needed": [row for row in rows if row[1].is_required], "free": [row for row in rows if not row[1].is_required],
    }  # fmt: skip
    return TemplateResponse(request, "rewards/signup_finish.html", context, status=422 if form.errors else 200)


def _invitation(request: HttpRequest) -> str:
    code = request.GET.get("invitation", "")
    return code if code.isascii() and code.isalnum() and len(code) <= 12 else ""


def _on(request: HttpRequest, name: str) -> HttpResponse:
    code = _invitation(request)
    answer = redirect(name)
    if code:
        answer.headers["Location"] += f"?invitation={code}"
    return answer


@require_POST
@member_required
def rename(request: MemberRequest) -> HttpResponse:
    """Another nickname."""
    form = NicknameForm(request.POST)
    if form.is_valid():
        profile.rename(member=request.member, nickname=form.value.nickname, at=timezone.now())
        messages.success(request, "별명을 바꿨어요.")
    else:
        messages.error(request, " ".join(str(error) for found in form.errors.values() for error in found))
    return redirect("rewards:me")


@never_cache
@require_http_methods(["GET", "POST"])
@member_required
def identity(request: MemberRequest) -> HttpResponse:
    """Proving who one is, once: the window of the agency, then one press that takes its result over."""
    member, browser = request.member, browsers.mark(request)
    check = identity_checks.latest(browser=browser, purpose=_MEMBER, user=request.user)
    if request.method == "POST":
        try:
            if check is None:
                raise identity_checks.NotProved
            if not services.prove(member=member, check_id=check.public_id, browser=browser, at=timezone.now()).is_verified:
                raise identity_checks.NotProved
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "본인확인을 마쳤어요.")
        return redirect("rewards:identity")
    is_usable = check is not None and check.is_verified and check.claimed_at is None
    return TemplateResponse(request, "rewards/identity.html", {"member": member, "check": check, "is_usable": is_usable})


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@member_required
def phone(request: MemberRequest) -> HttpResponse:
    """Another number: the password, the identity check where there was one, and a code to the new number."""
    member, action, refusal, at = request.member, request.POST.get("action", ""), None, timezone.now()
    form = NewPhoneForm(request.POST if action == "send" else None)
    code_form = SmsCodeForm(request.POST if action == "code" else None)
    try:
        if action == "send" and form.is_valid():
            own_phone.require_identity(member=member, at=at)
            own_password.require(request=request, member=member, password=form.cleaned_data["password"])
            code_pages.send(request, purpose=_NEW_PHONE, phone=form.cleaned_data["phone"])
            return redirect("rewards:phone")
        if action == "code" and (code := code_pages.proved(request, code_form, purpose=_NEW_PHONE)):
            own_phone.change(member=member, code=code, at=at)
            messages.success(request, "휴대전화 번호를 바꿨어요.")
            return redirect("rewards:me")
    except DomainError as refused:
        refusal = refused
    waiting = code_pages.waiting(request, purpose=_NEW_PHONE)
    context: dict[str, Any] = {
        "form": form, "code_form": code_form, "code": waiting, "sent_to": phones.local(waiting.phone) if waiting else "",
        "now": phones.masked(member.user.phone), "refusal": refusal,
    }  # fmt: skip
    return TemplateResponse(request, "rewards/phone.html", context, status=422 if action else 200)


@require_http_methods(["GET", "POST"])
@member_required
def data(request: MemberRequest) -> HttpResponse:
    """Everything we know of the member, as a file: asked for here, made in the background, fetched here."""
    if request.method == "POST":
        try:
            data_export.ask(member=request.member, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "파일을 만들고 있어요. 준비되면 알려 드릴게요.")
        return redirect("rewards:data")
    context: dict[str, Any] = {
        "export": data_export.newest_of(request.member),
        "fetchable": data_export.fetchable(request.member, at=timezone.now()),
    }
    return TemplateResponse(request, "rewards/data.html", context)


@never_cache
@require_safe
@member_required
def data_file(request: MemberRequest) -> HttpResponse:
    """The file, to be kept. That it was fetched is written down."""
    found = data_export.fetchable(request.member, at=timezone.now())
    if found is None:
        raise Http404("no file of this member may be fetched now")
    access_log.note(actor=request.user, action="member.export_fetched", subject=f"user:{request.user.public_id}", at=timezone.now())
    response = HttpResponse(data_export.read(found), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="luckffle-my-data.json"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@member_required
def leave(request: MemberRequest) -> HttpResponse:
    """What is lost, then the password again and the button."""
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            leaving.leave(request=request, member=request.member, password=form.cleaned_data["password"], at=timezone.now())
        except DomainError as refusal:
            form.add_error("password", str(refusal))
        else:
            logout(request)
            messages.success(request, "탈퇴했어요. 그동안 함께해 주셔서 고마워요.")
            return redirect("rewards:home")
    context = {"form": form, "member": request.member, "lost": leaving.lost_of(request.member, at=timezone.now())}
    return TemplateResponse(request, "rewards/leave.html", context, status=422 if form.errors else 200)
