"""Who signs in, what was decided in pairs, what operators were told, and who did what."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html

from backoffice import rights, services
from backoffice.admin.base import ConfirmForm, ReadOnlyAdmin, ReasonForm, decision, hx_redirect, refusals_as_messages, status_column
from backoffice.desks import subject_of
from backoffice.rights import Right
from backoffice.site import operator_of, site
from identity.models import AccessLog, ApprovalRequest, Notification, User


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("username", "name", "kind", "roles", "is_active", "last_login", "date_joined")
    list_filter = ("kind", "is_active")
    search_fields = ("username", "name", "email", "public_id")
    ordering = ("-pk",)
    fields = ("username", "name", "kind", "email", "phone", "roles", "is_active", "last_login", "date_joined", "public_id")
    readonly_fields = ("roles",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")  # type: ignore[no-any-return]

    @admin.display(description="역할")
    def roles(self, user: User) -> str:
        """The operator's roles in words."""
        return ", ".join(rights.LABELS.get(group.name, group.name) for group in user.groups.all()) or "–"


@admin.register(ApprovalRequest, site=site)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    sees = Right.SEE_APPROVALS
    list_display = ("made_at", "summary", "made_by", "status", "decided_by", "decided_at")
    list_filter = ("state", "kind")
    list_select_related = ("made_by", "decided_by")
    search_fields = ("summary", "subject")
    ordering = ("-pk",)
    fields = ("summary", "status", "kind", "about", "made_by", "made_at", "decided_by", "decided_at", "reason")
    readonly_fields = ("status", "about")
    actions_detail = ("approve", "refuse")
    status = status_column("approval")

    @admin.display(description="대상")
    def about(self, request: ApprovalRequest) -> str:
        """A link to what it is about."""
        url = subject_of(request)
        return format_html('<a class="text-link" href="{}">{}</a>', url, request.subject) if url else request.subject

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
        with refusals_as_messages(request):
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
        with refusals_as_messages(request):
            services.refuse(request=row, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:identity_approvalrequest_change", object_id)


@admin.register(Notification, site=site)
class NotificationAdmin(ReadOnlyAdmin):
    """Only the operators' own alerts: what people were told is theirs."""

    sees = Right.SEE_PEOPLE
    list_display = ("created_at", "title", "body", "kind", "read_at")
    list_filter = ("kind",)
    search_fields = ("title", "body")
    ordering = ("-pk",)
    fields = ("created_at", "title", "body", "kind", "read_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).filter(user__isnull=True)  # type: ignore[no-any-return]


@admin.register(AccessLog, site=site)
class AccessLogAdmin(ReadOnlyAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("at", "actor", "action", "subject", "request_id")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("subject", "actor__username")
    ordering = ("-pk",)


@admin.register(LogEntry, site=site)
class LogEntryAdmin(ReadOnlyAdmin):
    """What operators changed here, and why."""

    sees = Right.SEE_SYSTEM
    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_filter = ("content_type",)
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username")
    ordering = ("-pk",)
    fields = ("action_time", "user", "content_type", "object_id", "object_repr", "change_message")
