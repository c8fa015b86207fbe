"""The pages of signing up. Looking changes nothing; every answer is a form of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from advertisers import papers
from advertisers.models import Advertiser
from advertisers.signup import services, steps
from advertisers.signup.forms import AccountForm, BusinessForm, ConsentsForm, PaperForm, PhoneForm
from advertisers.signup.steps import Step
from advertisers.tax_office import TaxState
from common import uploads
from common.errors import DomainError
from identity import browsers, code_pages, consents, identity_checks, phones, social
from identity.code_pages import SmsCodeForm
from identity.models import IdentityCheck, PhoneCode, User

KINDS = {"personal": Advertiser.Kind.PERSONAL, "business": Advertiser.Kind.BUSINESS}
_BACKEND = "identity.backends.PortalBackend"


@dataclass(slots=True)
class Screen:
    """One step on its way to the browser: what was answered, what is shown, and where it goes when the answer is good."""

    request: HttpRequest
    kind: Advertiser.Kind
    answers: dict[str, Any]
    context: dict[str, Any]
    is_done: bool = False
    target: str = ""

    @property
    def action(self) -> str:
        """Which button was pressed; empty while looking."""
        return self.request.POST.get("action", "save") if self.request.method == "POST" else ""

    @property
    def browser(self) -> str:
        """This browser's mark; it has one from its first form on."""
        return browsers.marked(self.request) if self.request.method == "POST" else browsers.mark(self.request)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """A person, or a business?"""
    if request.user.is_authenticated:
        return redirect("advertisers:dashboard")
    return TemplateResponse(request, "advertisers/signup/choose.html", {})


@require_safe
def enter(request: HttpRequest, kind: str) -> HttpResponse:
    """To the first step that is still open."""
    draft = services.draft_of(kind=_kind(kind), browser=browsers.mark(request))
    open_step = steps.first_open(_kind(kind), draft.answers if draft else {})
    return redirect("advertisers:signup-step", kind, open_step.slug)


@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, kind: str, step: str) -> HttpResponse:
    """One step: no jumping ahead, and back as often as one likes."""
    which = _kind(kind)
    current = next((known for known in steps.steps_of(which) if known.slug == step), None)
    if current is None:
        raise Http404("no such step")
    if request.user.is_authenticated:
        return redirect("advertisers:dashboard")
    draft = services.draft_of(kind=which, browser=browsers.mark(request))
    answers = draft.answers if draft else {}
    order = steps.steps_of(which)
    if order.index(current) > order.index(steps.first_open(which, answers)):
        return redirect("advertisers:signup", kind)
    screen = Screen(request, which, answers, {})
    _HANDLERS[current](screen)
    if screen.is_done:
        return redirect(screen.target or reverse("advertisers:signup-step", args=[kind, steps.after(which, current).slug]))
    place, previous = order.index(current) + 1, steps.before(which, current)
    context = {
        **screen.context,
        "step": current,
        "place": place,
        "bars": [number <= place for number in range(1, len(order) + 1)],
        "previous": reverse("advertisers:signup-step", args=[kind, previous.slug]) if previous else reverse("account_signup"),
        "body": f"advertisers/signup/{current.slug}.html",
    }
    return TemplateResponse(request, "advertisers/signup/step.html", context, status=422 if screen.action else 200)


def _kind(slug: str) -> Advertiser.Kind:
    if slug not in KINDS:
        raise Http404("no such kind")
    return KINDS[slug]


def _consents(screen: Screen) -> None:
    given = screen.answers.get(steps.CONSENTS.slug, {}).get("given", [])
    form = ConsentsForm(screen.request.POST if screen.action else None, initial={kind.lower(): True for kind in given})
    if screen.action and form.is_valid():
        chosen = [text.kind.value for text in consents.TEXTS if getattr(form.value, text.kind.lower())]
        now = timezone.now()
        version = consents.versions(User.Kind.ADVERTISER, at=now)
        answer = {"given": chosen, "versions": {kind: version[consents.Kind(kind)] for kind in chosen}}
        services.save(kind=screen.kind, browser=screen.browser, step=steps.CONSENTS, answer=answer, at=now)
        screen.is_done = True
    rows = [(form[text.kind.lower()], text) for text in consents.TEXTS]
    screen.context = {
        "form": form,
        "needed": [row for row in rows if row[1].is_required],
        "free": [r for r in rows if not r[1].is_required],
    }


def _phone(screen: Screen) -> None:
    request, purpose = screen.request, PhoneCode.Purpose.SIGN_UP
    waiting = code_pages.waiting(request, purpose=purpose)
    known = screen.answers.get(steps.PHONE.slug, {}).get("phone", "")
    phone_form = PhoneForm(request.POST if screen.action == "send" else None, initial={"phone": phones.local(known)})
    code_form = SmsCodeForm(request.POST if screen.action == "code" else None)
    try:
        if screen.action == "send" and phone_form.is_valid():
            code_pages.send(request, purpose=purpose, phone=phone_form.cleaned_data["phone"])
            screen.is_done, screen.target = True, request.path
        elif screen.action == "code" and (code := code_pages.proved(request, code_form, purpose=purpose)):
            services.save_phone(kind=screen.kind, browser=screen.browser, code=code, at=timezone.now())
            screen.is_done = True
        elif screen.action == "skip" and waiting is not None and waiting.has_trouble:
            services.save(kind=screen.kind, browser=screen.browser, step=steps.PHONE, answer={"phone": ""}, at=timezone.now())
            screen.is_done = True
        elif screen.action == "save" and known:
            screen.is_done = True
    except DomainError as refusal:
        screen.context["refusal"] = refusal
    shown = phones.local(waiting.phone) if waiting else ""
    screen.context |= {"phone_form": phone_form, "code_form": code_form, "code": waiting, "sent_to": shown, "known": phones.local(known)}


def _identity(screen: Screen) -> None:
    check = identity_checks.latest(browser=browsers.mark(screen.request), purpose=IdentityCheck.Purpose.SIGN_UP)
    known = screen.answers.get(steps.IDENTITY.slug)
    is_usable = check is not None and check.is_verified and check.claimed_at is None
    if screen.action:
        try:
            if check is not None and is_usable:
                services.save_identity(kind=screen.kind, browser=screen.browser, check=check, at=timezone.now())
                screen.is_done = True
            elif known:
                screen.is_done = True
            else:
                raise identity_checks.NotProved
        except DomainError as refusal:
            screen.context["refusal"] = refusal
            is_usable = False
    others = identity_checks.other_accounts(person_hash=check.person_hash, kind=User.Kind.ADVERTISER) if check and is_usable else 0
    screen.context |= {
        "check": check,
        "is_usable": is_usable,
        "known": known,
        "others": others,
        "start_url": f"{reverse('identity-start', args=[IdentityCheck.Purpose.SIGN_UP])}?next={screen.request.path}",
    }


def _business(screen: Screen) -> None:
    known = screen.answers.get(steps.BUSINESS.slug, {})
    form = BusinessForm(screen.request.POST if screen.action else None, initial=known)
    if screen.action and form.is_valid():
        try:
            draft = services.save_business(kind=screen.kind, browser=screen.browser, answer=form.value, at=timezone.now())
            if draft.answers[steps.BUSINESS.slug]["tax_state"] == TaxState.SUSPENDED:
                messages.warning(
                    screen.request, "국세청에 휴업 중으로 나와요. 가입은 할 수 있지만 세금계산서는 다시 영업을 시작한 뒤에 보내드려요."
                )
            screen.is_done = True
        except DomainError as refusal:
            form.refuse(refusal)
    screen.context = {"form": form, "standing": _standing_words(known)}


def _standing_words(known: dict[str, Any]) -> str:
    """What the tax office said, as a sentence; empty while nobody asked."""
    if not known:
        return ""
    if known.get("tax_state") == TaxState.ACTIVE:
        return f"영업 중인 {known['tax_type'].removeprefix('부가가치세 ')}예요."
    return "국세청 확인은 가입한 뒤에 이어서 할게요." if known.get("tax_state") == TaxState.UNKNOWN else ""


def _papers(screen: Screen) -> None:
    stored = screen.answers.get(steps.PAPERS.slug, {}).get("stored")
    form = PaperForm(screen.request.POST if screen.action == "save" else None, screen.request.FILES if screen.action == "save" else None)
    answer: dict[str, Any] | None = None
    if screen.action == "later":
        answer = {"stored": None}
    elif screen.action == "save" and stored and not screen.request.FILES:
        screen.is_done = True
    elif screen.action == "save" and form.is_valid():
        try:
            answer = {"stored": papers.store(form.cleaned_data["paper"]).as_json()}
        except DomainError as refusal:
            form.add_error("paper", str(refusal))
    if answer is not None:
        services.save(kind=screen.kind, browser=screen.browser, step=steps.PAPERS, answer=answer, at=timezone.now())
        if stored:
            uploads.remove([stored["file"]])
        screen.is_done = True
    screen.context = {"form": form, "stored": stored}


def _account(screen: Screen) -> None:
    person = screen.answers[steps.IDENTITY.slug]
    form = AccountForm(screen.request.POST if screen.action else None, name=person["name"])
    if screen.action and form.is_valid():
        try:
            user = services.finish(kind=screen.kind, browser=screen.browser, account=form.value, at=timezone.now())
        except services.ConsentsChanged as refusal:
            messages.warning(screen.request, str(refusal))
            screen.is_done, screen.target = True, screen.request.path  # leads to the first step that is open
        except services.LoginIdTaken as refusal:
            form.add_error("username", str(refusal))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            user.backend = _BACKEND  # type: ignore[attr-defined]  # what Django's login wants to know
            get_adapter().login(screen.request, user)
            _link(screen.request, user)
            messages.success(screen.request, f"{user.name}님, 가입이 끝났어요. 메일함에서 이메일 확인도 마쳐 주세요.")
            screen.is_done, screen.target = True, reverse("advertisers:dashboard")
    screen.context = {"form": form, "person": person}


def _link(request: HttpRequest, user: User) -> None:
    """Whoever came from another house's sign-in uses it from now on."""
    try:
        if service := social.link_pending(request, user):
            messages.success(request, f"{service.name} 로그인도 연결했어요.")
    except DomainError as refusal:
        messages.error(request, str(refusal))


_Handler = Callable[[Screen], None]
_HANDLERS: dict[Step, _Handler] = {
    steps.CONSENTS: _consents,
    steps.PHONE: _phone,
    steps.IDENTITY: _identity,
    steps.BUSINESS: _business,
    steps.PAPERS: _papers,
    steps.ACCOUNT: _account,
}
