"""The queue, the webhook inbox and the policies with dates."""

import json

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from backoffice import rights, services
from backoffice.admin.base import ReadOnlyAdmin, ReasonForm, decision, hx_redirect, refusals_as_messages
from backoffice.rights import Right
from backoffice.site import operator_of, site
from common.models import DatedSetting, Effect, InboundWebhook


@admin.register(Effect, site=site)
class EffectAdmin(ReadOnlyAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("created_at", "kind", "key", "state", "attempts", "failures", "due_at", "detail")
    list_filter = ("state", "kind")
    search_fields = ("key",)
    ordering = ("-pk",)
    actions_detail = ("unpark",)

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
        with refusals_as_messages(request):
            services.unpark(effect_id=int(object_id), by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:common_effect_change", object_id)


@admin.register(InboundWebhook, site=site)
class InboundWebhookAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PAYMENTS
    list_display = ("received_at", "gateway", "type", "ref", "state", "deliveries", "event_id")
    list_filter = ("gateway", "state")
    search_fields = ("ref", "event_id")
    ordering = ("-pk",)
    fields = ("received_at", "gateway", "type", "ref", "state", "deliveries", "event_id", "text")
    readonly_fields = ("text",)

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
    sees = Right.SEE_SYSTEM
    list_display = ("name", "value", "effective_from", "reason", "created_at")
    list_filter = ("name",)
    search_fields = ("name", "reason")
    ordering = ("-effective_from", "-pk")
