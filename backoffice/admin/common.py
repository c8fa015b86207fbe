"""The queue, the webhook inbox and the policies with dates."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice import health, queues, rights, selectors, services
from backoffice.admin.base import ReadOnlyAdmin, ReasonForm, decision, hx_redirect, refusals_as_messages, status_column, word_column
from backoffice.rights import Right
from backoffice.site import operator_of, site
from backoffice.words import WordsFilter
from common import dated
from common.models import DatedSetting, Effect, InboundWebhook, JobRun
from identity.models import User
from payments.services import webhooks


class PolicySheet(ReasonForm):
    """A new value of a policy, from when, and why. An empty moment means now."""

    name = forms.ChoiceField(label="설정", choices=lambda: [(name, each.label) for name, each in sorted(services.policies().items())])
    value = forms.CharField(
        label="새 값", max_length=500, help_text="지금 값과 같은 형식으로 적어요. 숫자는 168, 켜고 끄는 값은 true나 false예요."
    )
    effective_from = forms.DateTimeField(label="시작 시각", required=False, help_text="비우면 지금부터예요. 한국 시간이에요.")
    field_order = ("name", "value", "effective_from", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget = UnfoldAdminSelectWidget(choices=self.fields["name"].choices)
        self.fields["value"].widget = UnfoldAdminTextInputWidget()
        self.fields["effective_from"].widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})

    def clean_value(self) -> Any:
        """The value as JSON; plain words are taken as text."""
        text = self.cleaned_data["value"].strip()
        try:
            return json.loads(text)
        except ValueError:
            return text


class LateFilter(admin.SimpleListFilter):
    """Work that is overdue by more than a first try takes."""

    title = "밀림"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "5분 넘게 밀린 작업")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.due(timezone.now() - health.LATE_AFTER) if self.value() == "yes" else queryset


@admin.register(JobRun, site=site)
class JobRunAdmin(ReadOnlyAdmin):
    """The jobs of the clock: when each last came to its end, when it last broke."""

    sees = Right.SEE_SYSTEM
    list_display = ("work", "name", "succeeded_at", "failed_at", "failure")
    list_filter = ("succeeded_at",)
    search_fields = ("name",)
    ordering = ("succeeded_at", "name")
    fields = ("work", "name", "succeeded_at", "failed_at", "failure")
    readonly_fields = ("work",)
    work = word_column("name", label="하는 일")


@admin.register(Effect, site=site)
class EffectAdmin(ReadOnlyAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("created_at", "work", "key", "status", "attempts", "failures", "due_at", "detail")
    list_filter = ("state", LateFilter, ("kind", WordsFilter))
    search_fields = ("key",)
    ordering = ("-pk",)
    fields = ("work", "kind", "key", "status", "ids", "attempts", "failures", "created_at", "due_at", "lease_until", "detail")
    readonly_fields = ("work", "status")
    actions_detail = ("unpark",)
    actions = ("unpark_many",)
    work = word_column("kind", label="작업")
    status = status_column("effect")

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.RUN_EFFECTS)

    @decision(
        "다시 확인하기",
        icon="restart_alt",
        permission="run",
        title="이 작업을 다시 확인할까요?",
        consequence="멈춘 작업의 결과를 바깥에 다시 물어봐요. 같은 일을 두 번 보내지는 않아요.",
    )
    def unpark(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        with refusals_as_messages(request, done="다시 확인하도록 했어요."):
            services.unpark(effect_id=int(object_id), by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:common_effect_change", object_id)

    @admin.action(description="고른 작업을 다시 확인하기", permissions=["run"])
    def unpark_many(self, request: HttpRequest, chosen: QuerySet[Effect]) -> None:
        """Let each be asked about again, and say what became of every one."""
        by, at, reason = operator_of(request), timezone.now(), "여러 건을 함께 확인했어요"
        queues.each(
            request,
            chosen.order_by("pk"),
            lambda effect: services.unpark(effect_id=effect.pk, by=by, reason=reason, at=at),
            label=lambda effect: effect.key,
            done="바깥 작업 {count}건을 다시 확인해요.",
        )


@admin.register(InboundWebhook, site=site)
class InboundWebhookAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PAYMENTS
    list_display = ("received_at", "company", "type", "ref", "status", "deliveries", "event_id")
    list_filter = (("gateway", WordsFilter), "state")
    search_fields = ("ref", "event_id")
    ordering = ("-pk",)
    fields = ("received_at", "company", "type", "ref", "status", "deliveries", "event_id", "text")
    readonly_fields = ("company", "status", "text")
    actions_detail = ("replay",)
    company = word_column("gateway", label="결제사")
    status = status_column("webhook")

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SETTLE_DIFFERENCES)

    @decision(
        "다시 처리하기",
        icon="replay",
        permission="settle",
        title="이 메시지를 다시 처리할까요?",
        consequence="메시지가 말하는 주문을 결제사에 다시 물어봐요. 한 번 온 것과 결과가 같고, 두 번 충전하지 않아요.",
    )
    def replay(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        webhook = get_object_or_404(InboundWebhook, pk=object_id)
        with refusals_as_messages(request):
            webhooks.replay(webhook=webhook, at=timezone.now())
            services.keep(row=webhook, by=operator_of(request), reason=f"웹훅 다시 처리: {form.cleaned_data['reason']}", at=timezone.now())
            messages.success(request, "결제사에 다시 물어보고 있어요. 잠시 뒤 상태가 바뀌어요.")
        return hx_redirect(request, "backoffice:common_inboundwebhook_change", object_id)

    @admin.display(description="원문")
    def text(self, webhook: InboundWebhook) -> str:
        """The raw body, readable."""
        raw = bytes(webhook.body)
        try:
            return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
        except ValueError:
            return raw.decode("utf-8", "replace")


@admin.register(DatedSetting, site=site)
class DatedSettingAdmin(ReadOnlyAdmin):
    """Values are added, never changed: what was paid or decided before keeps the rule of its day."""

    sees = Right.SEE_SYSTEM
    list_display = ("label", "name", "said", "effective_from", "reason", "author", "created_at")
    list_filter = ("name",)
    search_fields = ("name", "reason")
    ordering = ("-effective_from", "-pk")
    actions_list = ("set_policy",)
    list_before_template = "backoffice/policies.html"

    @admin.display(description="설정")
    def label(self, row: DatedSetting) -> str:
        """The policy in words."""
        declared = dated.defined().get(row.name)
        return declared.label if declared else "–"

    @admin.display(description="값", ordering="value")
    def said(self, row: DatedSetting) -> str:
        """The value in words."""
        return row.in_words

    @admin.display(description="정한 사람")
    def author(self, row: DatedSetting) -> str:
        """Who set it; the house itself when nobody did."""
        return getattr(row, "author_name", None) or "시스템"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DatedSetting]:
        people = User.objects.filter(pk=OuterRef("created_by_id")).values("name")
        return super().get_queryset(request).annotate(author_name=Subquery(people))  # type: ignore[no-any-return]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"policies": selectors.policies(at=timezone.now()), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SET_POLICIES)

    @decision(
        "새 값 정하기",
        icon="add",
        permission="decide",
        title="정책을 바꿀까요?",
        consequence="정한 시각부터 새 값이 쓰이고, 그 전에 결제하거나 정한 일은 예전 값을 따라요.",
        form_class=PolicySheet,
    )
    def set_policy(self, request: HttpRequest, form: PolicySheet) -> HttpResponse:
        at = timezone.now()
        with refusals_as_messages(request, done="정책을 정했어요."):
            services.set_policy(
                name=form.cleaned_data["name"],
                value=form.cleaned_data["value"],
                effective_from=form.cleaned_data["effective_from"] or at,
                reason=form.cleaned_data["reason"],
                by=operator_of(request),
                at=at,
            )
        return hx_redirect(request, "backoffice:common_datedsetting_changelist")
