"""Who signs in, what was decided in pairs, what operators were told, and who did what."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from backoffice import operators, rights, services
from backoffice.admin.base import (
    ConfirmForm,
    ReadOnlyAdmin,
    ReasonForm,
    decision,
    hx_redirect,
    person_column,
    refusals_as_messages,
    status_column,
    word_column,
)
from backoffice.admin.people import PeopleAdmin
from backoffice.desks import subject_of
from backoffice.rights import Right
from backoffice.site import operator_of, site
from backoffice.words import WordsFilter
from identity.models import AccessLog, ApprovalRequest, Notification, RetentionRule, User, WithdrawnPerson


class RolesForm(ReasonForm):
    """Which roles, and why."""

    roles = forms.MultipleChoiceField(label="역할", choices=list(rights.LABELS.items()), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    field_order: tuple[str, ...] = ("roles", "reason")


class HireForm(RolesForm):
    """Who, with which roles, and why."""

    email = forms.EmailField(label="업무 이메일", max_length=150, widget=UnfoldAdminEmailInputWidget)
    name = forms.CharField(label="이름", max_length=60, widget=UnfoldAdminTextInputWidget)
    field_order = ("email", "name", "roles", "reason")


class NetworksForm(ReasonForm):
    """From where, and why."""

    networks = forms.CharField(
        label="주소",
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="한 줄에 하나씩 적어요.",
    )
    field_order = ("networks", "reason")


@admin.register(User, site=site)
class UserAdmin(PeopleAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("login_id", "name", "kind", "roles", "is_active", "last_login", "date_joined")
    list_filter = ("kind", "is_active")
    search_fields = ("username", "name", "email", "public_id")
    ordering = ("-pk",)
    fields = (
        "login_id", "name", "kind", "masked_email", "masked_phone", "roles", "second_factor", "from_where", "is_active", "last_login",
        "date_joined", "public_id",
    )  # fmt: skip
    readonly_fields = ("login_id", "masked_email", "masked_phone", "roles", "second_factor", "from_where")
    actions_list = ("hire",)
    actions_detail = ("show_contact", "set_roles", "set_networks", "let_go")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")  # type: ignore[no-any-return]

    @admin.display(description="2단계 인증", boolean=True)
    def second_factor(self, user: User) -> bool:
        """Whether a second factor is registered; without one nothing of the back office opens."""
        return bool(Authenticator.objects.filter(user=user).exists())

    @admin.display(description="접속할 수 있는 주소")
    def from_where(self, user: User) -> str:
        """The networks of the personal rule."""
        return ", ".join(user.networks.values_list("network", flat=True)) or "제한 없음"

    def has_manage_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not rights.has(request.user, Right.MANAGE_OPERATORS):
            return False
        return object_id is None or User.objects.filter(pk=object_id, kind=User.Kind.OPERATOR, is_active=True).exists()

    @decision(
        "운영자 만들기",
        icon="person_add",
        permission="manage",
        title="운영자를 만들까요?",
        consequence="처음 비밀번호를 한 번만 보여줘요. 첫 로그인 때 2단계 인증을 등록해야 다른 화면이 열려요.",
        form_class=HireForm,
    )
    def hire(self, request: HttpRequest, form: HireForm) -> HttpResponse:
        said = form.cleaned_data
        with refusals_as_messages(request):
            user, password = operators.hire(
                email=said["email"],
                name=said["name"],
                roles=said["roles"],
                by=operator_of(request),
                reason=said["reason"],
                at=timezone.now(),
            )
            return render(request, "backoffice/_hired.html", {"person": user, "password": password})
        return hx_redirect(request, "backoffice:identity_user_changelist")

    @decision(
        "역할 정하기",
        icon="badge",
        permission="manage",
        title="역할을 다시 정할까요?",
        consequence="다음 화면부터 새 역할만 쓸 수 있어요. 이유가 기록에 남아요.",
        form_class=RolesForm,
    )
    def set_roles(self, request: HttpRequest, form: RolesForm, object_id: str) -> HttpResponse:
        person, said = get_object_or_404(User, pk=object_id), form.cleaned_data
        with refusals_as_messages(request, done="역할을 정했어요."):
            operators.set_roles(operator=person, roles=said["roles"], by=operator_of(request), reason=said["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:identity_user_change", object_id)

    @decision(
        "접속 주소 정하기",
        icon="vpn_lock",
        permission="manage",
        title="접속할 수 있는 주소를 정할까요?",
        consequence="적은 주소에서만 운영 화면에 들어올 수 있어요. 모두 지우면 어디서나 들어올 수 있어요.",
        form_class=NetworksForm,
    )
    def set_networks(self, request: HttpRequest, form: NetworksForm, object_id: str) -> HttpResponse:
        person, said = get_object_or_404(User, pk=object_id), form.cleaned_data
        with refusals_as_messages(request, done="접속할 수 있는 주소를 정했어요."):
            operators.set_networks(
                operator=person, lines=said["networks"].splitlines(), by=operator_of(request), reason=said["reason"], at=timezone.now()
            )
        return hx_redirect(request, "backoffice:identity_user_change", object_id)

    @decision(
        "내보내기",
        icon="person_off",
        permission="manage",
        title="이 운영자를 내보낼까요?",
        consequence="모든 접속이 바로 끝나고 역할이 사라져요. 맡던 문의와 심사는 다시 모두의 대기열로 가요.",
    )
    def let_go(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        person = get_object_or_404(User, pk=object_id)
        with refusals_as_messages(request, done="운영자를 내보냈어요."):
            operators.let_go(operator=person, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:identity_user_change", object_id)

    @admin.display(description="역할")
    def roles(self, user: User) -> str:
        """The operator's roles in words."""
        return ", ".join(rights.LABELS.get(group.name, group.name) for group in user.groups.all()) or "–"


@admin.register(WithdrawnPerson, site=site)
class WithdrawnPersonAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("person", "kind_word", "withdrawn_at", "purge_on")
    list_filter = ("kind",)
    search_fields = ("person",)
    ordering = ("-withdrawn_at",)
    fields = ("person", "kind_word", "withdrawn_at", "purge_on")
    readonly_fields = ("kind_word",)
    actions_detail = ("show_kept",)

    @admin.display(description="종류", ordering="kind")
    def kind_word(self, row: WithdrawnPerson) -> str:
        """What kind of person it was."""
        return str(User.Kind(row.kind).label)

    def has_contact_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SEE_CONTACTS)

    @decision(
        "보관 기록 보기",
        icon="visibility",
        permission="contact",
        title="떠난 사람의 보관 기록을 볼까요?",
        consequence="법에 따라 따로 보관한 기록이에요. 누가 왜 봤는지 접속 기록과 활동 기록에 남아요.",
    )
    def show_kept(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        row = get_object_or_404(WithdrawnPerson, pk=object_id)
        kept = services.look_at_withdrawn(person=row, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return render(request, "backoffice/_withdrawn.html", {"kept": kept})


@admin.register(ApprovalRequest, site=site)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    sees = Right.SEE_APPROVALS
    list_display = ("made_at", "summary", "maker", "status", "decider", "decided_at")
    list_filter = ("state", ("kind", WordsFilter))
    list_select_related = ("made_by", "decided_by")
    search_fields = ("summary", "subject")
    ordering = ("-pk",)
    fields = ("summary", "status", "work", "about", "maker", "made_at", "decider", "decided_at", "reason")
    readonly_fields = ("status", "work", "about", "maker", "decider")
    work = word_column("kind")
    maker = person_column("made_by", label="요청한 사람")
    decider = person_column("decided_by", label="결정한 사람")
    actions_detail = ("approve", "refuse")
    status = status_column("approval")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        return super().get_queryset(request).filter(made_by__kind=User.Kind.OPERATOR)  # type: ignore[no-any-return]

    @admin.display(description="대상")
    def about(self, request: ApprovalRequest) -> str:
        """A link to what it is about."""
        url = subject_of(request)
        return format_html('<a class="text-link" href="{}">처리 화면 열기</a>', url) if url else request.subject

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The request; who asked is told that somebody else has to decide."""
        row = self.get_object(request, unquote(object_id))
        if request.method == "GET" and row is not None and row.is_waiting and row.made_by_id == operator_of(request).pk:
            messages.info(request, "내가 요청한 일이라 승인할 수 없어요. 다른 운영자가 승인하거나, 거절해서 거둘 수 있어요.")
        return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.DECIDE_REFUNDS)

    @decision(
        "두 번째로 승인하기",
        icon="done_all",
        permission="decide",
        title="두 번째로 승인할까요?",
        consequence="승인하면 바로 실행되고 되돌릴 수 없어요. 요청한 사람은 승인할 수 없어요.",
        form_class=ConfirmForm,
    )
    def approve(self, request: HttpRequest, form: ConfirmForm, object_id: str) -> HttpResponse:
        row = get_object_or_404(ApprovalRequest, pk=object_id)
        with refusals_as_messages(request, done="승인했어요."):
            services.approve(request=row, by=operator_of(request), at=timezone.now())
        return hx_redirect(request, "backoffice:identity_approvalrequest_change", object_id)

    @decision(
        "거절하기",
        icon="block",
        permission="decide",
        title="이 요청을 거절할까요?",
        consequence="거절하면 기다리던 일도 함께 반려돼요. 이유는 요청한 사람과 광고주에게 보여요.",
    )
    def refuse(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        row = get_object_or_404(ApprovalRequest, pk=object_id)
        with refusals_as_messages(request, done="거절했어요."):
            services.refuse(request=row, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:identity_approvalrequest_change", object_id)


@admin.register(Notification, site=site)
class NotificationAdmin(ReadOnlyAdmin):
    """Only the operators' own alerts: what people were told is theirs."""

    sees = Right.SEE_PEOPLE
    list_display = ("created_at", "work", "title", "body", "read_at")
    list_filter = (("kind", WordsFilter),)
    search_fields = ("title", "body")
    ordering = ("-pk",)
    fields = ("created_at", "work", "title", "body", "read_at")
    readonly_fields = ("work",)
    work = word_column("kind")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).filter(user__isnull=True)  # type: ignore[no-any-return]


@admin.register(AccessLog, site=site)
class AccessLogAdmin(ReadOnlyAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("at", "who", "what", "subject", "address", "door", "reason")
    list_filter = (("action", WordsFilter), ("at", RangeDateFilter))
    list_select_related = ("actor",)
    search_fields = ("subject", "actor__username", "actor__name", "reason")
    ordering = ("-pk",)
    fields = ("at", "who", "what", "subject", "address", "door", "reason", "request_id")
    readonly_fields = ("who", "what")
    who = person_column("actor", label="한 사람")
    what = word_column("action", label="한 일")


@admin.register(LogEntry, site=site)
class LogEntryAdmin(ReadOnlyAdmin):
    """What operators changed here, and why."""

    sees = Right.SEE_SYSTEM
    list_display = ("action_time", "who", "content_type", "object_repr", "change_message")
    list_filter = (("action_time", RangeDateFilter), "content_type")
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username")
    ordering = ("-pk",)
    fields = ("action_time", "who", "content_type", "object_id", "object_repr", "change_message")
    readonly_fields = ("who",)
    who = person_column("user", label="한 사람")


@admin.register(RetentionRule, site=site)
class RetentionRuleAdmin(ReadOnlyAdmin):
    """How long personal data is kept, why, and when it was last destroyed."""

    sees = Right.SEE_SYSTEM
    list_display = ("what", "why", "keep_days", "job", "last_run_at", "last_count")
    list_filter = ("last_run_at",)
    search_fields = ("what", "why")
    ordering = ("key",)
    fields = ("what", "why", "keep_days", "job", "last_run_at", "last_count")
