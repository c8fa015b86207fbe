"""Advertisers and their people."""

import uuid

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from advertisers.models import Advertiser, Membership
from backoffice import demo_accounts, rights, services, visits
from backoffice.admin.base import ReadOnlyAdmin, ReadOnlyInline, ReasonForm, decision, hx_redirect, person_column, refusals_as_messages
from backoffice.admin.people import PeopleAdmin
from backoffice.models import ActAsSession
from backoffice.rights import Right
from backoffice.site import after, operator_of, site
from common.portals import ADVERTISER, absolute
from credits import selectors as credits
from credits import services as ledger
from credits.models import Lot
from payments import services as payments

ASKED = "요청했어요. 다른 운영자가 승인하면 실행돼요."
MOST = 1_000_000_000


class MovementSheet(ReasonForm):
    """How many credits, and why. key: one per opened dialog, so that a double press asks once."""

    credits = forms.IntegerField(label="크레딧", min_value=1, max_value=MOST, widget=UnfoldAdminIntegerFieldWidget)
    key = forms.CharField(widget=forms.HiddenInput, initial=lambda: str(uuid.uuid4()), max_length=40)


class CreditSheet(MovementSheet):
    """Credits that nobody paid for."""

    lot_kind = forms.ChoiceField(
        label="종류", choices=[(Lot.Kind.GOODWILL, "보상(사과)"), (Lot.Kind.BONUS, "프로모션")], widget=UnfoldAdminSelectWidget
    )
    field_order = ("credits", "lot_kind", "reason", "key")


class ClaimSheet(MovementSheet):
    """By what a claim is settled."""

    way = forms.ChoiceField(label="방법", choices=ledger.Way.choices, widget=UnfoldAdminSelectWidget)
    field_order = ("credits", "way", "reason", "key")


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("person", "role", "is_active", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").order_by("pk")  # type: ignore[no-any-return]

    @admin.display(description="이름")
    def person(self, row: Membership) -> str:
        """Who it is."""
        return row.user.get_full_name()


@admin.register(Advertiser, site=site)
class AdvertiserAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("name", "kind", "registration_number", "is_active", "is_demo", "restricted_reason", "created_at")
    list_filter = ("kind", "is_active", "is_demo")
    list_select_related = ("business",)
    search_fields = ("name", "business__registration_number", "public_id")
    ordering = ("-pk",)
    inlines = (MembershipInline,)
    fields = ("name", "kind", "registration_number", "is_active", "is_demo", "restricted_reason", "restricted_at", "claim", "created_at")
    readonly_fields = ("registration_number", "claim", "created_at")
    actions_detail = ("act_as", "give_credits", "settle_claim", "lift_restriction", "end_demo")

    @admin.display(description="받을 금액")
    def claim(self, row: Advertiser) -> str:
        """What the house may claim."""
        return f"{credits.claim_of(row):,}크레딧"

    def has_look_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.ACT_AS)

    @decision(
        "광고주 화면 보기",
        icon="visibility",
        permission="look",
        title="이 광고주의 화면을 볼까요?",
        consequence="소유자가 보는 화면을 30분 동안 보기만 해요. 아무것도 바꿀 수 없고, 본 화면은 모두 기록에 남고, 광고주에게 알려요.",
    )
    def act_as(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        advertiser = get_object_or_404(Advertiser, pk=object_id)
        with refusals_as_messages(request):
            _, token = visits.start(advertiser=advertiser, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
            return after(request, absolute(ADVERTISER, "visit-enter", token=token))
        return hx_redirect(request, "backoffice:advertisers_advertiser_change", object_id)

    def has_demo_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.GRANT_DEMOS)

    @decision(
        "데모 끝내기",
        icon="event_busy",
        permission="demo",
        title="데모 계정을 지금 끝낼까요?",
        consequence="데모 계정에서 바로 로그아웃되고 다시 들어올 수 없어요. 내용은 며칠 뒤에 지워요.",
    )
    def end_demo(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        advertiser = get_object_or_404(Advertiser, pk=object_id)
        with refusals_as_messages(request):
            demo_accounts.end(advertiser=advertiser, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
            messages.success(request, "데모 계정을 끝냈어요.")
        return hx_redirect(request, "backoffice:advertisers_advertiser_change", object_id)

    def has_money_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.DECIDE_REFUNDS)

    @decision(
        "크레딧 주기",
        icon="redeem",
        permission="money",
        title="크레딧을 줄까요?",
        consequence="다른 운영자가 승인하면 광고주에게 지급하고, 이유와 함께 알려요.",
        form_class=CreditSheet,
    )
    def give_credits(self, request: HttpRequest, form: CreditSheet, object_id: str) -> HttpResponse:
        said = form.cleaned_data
        with refusals_as_messages(request):
            payments.ask_manual_credit(
                advertiser=get_object_or_404(Advertiser, pk=object_id),
                credits=said["credits"],
                lot_kind=said["lot_kind"],
                reason=said["reason"],
                by=operator_of(request),
                key=f"manual-credit:{said['key']}",
                at=timezone.now(),
            )
            messages.success(request, ASKED)
        return hx_redirect(request, "backoffice:advertisers_advertiser_change", object_id)

    @decision(
        "받을 금액 처리",
        icon="request_quote",
        permission="money",
        title="받을 금액을 처리할까요?",
        consequence="다른 운영자가 승인하면 원장에 적어요. 모두 처리한 뒤에 제한을 풀 수 있어요.",
        form_class=ClaimSheet,
    )
    def settle_claim(self, request: HttpRequest, form: ClaimSheet, object_id: str) -> HttpResponse:
        said = form.cleaned_data
        with refusals_as_messages(request):
            payments.ask_claim_settlement(
                advertiser=get_object_or_404(Advertiser, pk=object_id),
                credits=said["credits"],
                way=said["way"],
                reason=said["reason"],
                by=operator_of(request),
                key=f"claim:{said['key']}",
                at=timezone.now(),
            )
            messages.success(request, ASKED)
        return hx_redirect(request, "backoffice:advertisers_advertiser_change", object_id)

    @decision(
        "제한 풀기",
        icon="lock_open",
        permission="money",
        title="계정 제한을 풀까요?",
        consequence="받을 금액이 남아 있으면 풀 수 없어요. 풀면 충전과 집행, 환불을 다시 할 수 있어요.",
    )
    def lift_restriction(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        advertiser = get_object_or_404(Advertiser, pk=object_id)
        with refusals_as_messages(request, done="제한을 풀었어요."):
            services.lift_restriction(advertiser=advertiser, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:advertisers_advertiser_change", object_id)

    @admin.display(description="사업자등록번호")
    def registration_number(self, row: Advertiser) -> str:
        """The number of a business as it is printed."""
        return row.business.shown_number if row.kind == Advertiser.Kind.BUSINESS else "–"


@admin.register(ActAsSession, site=site)
class ActAsSessionAdmin(ReadOnlyAdmin):
    """Whose pages operators looked at, why, and until when; what they saw there is in the access log."""

    sees = Right.SEE_SYSTEM
    list_display = ("started_at", "looker", "advertiser", "reason", "entered_at", "ended_at", "ends_at")
    list_filter = (("started_at", RangeDateFilter),)
    list_select_related = ("operator", "advertiser")
    search_fields = ("operator__name", "advertiser__name", "reason")
    ordering = ("-pk",)
    fields = ("looker", "advertiser", "reason", "started_at", "entered_at", "ended_at", "ends_at")
    readonly_fields = ("looker",)
    looker = person_column("operator", label="운영자")


@admin.register(Membership, site=site)
class MembershipAdmin(PeopleAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("person", "advertiser", "role", "masked_email", "masked_phone", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "advertiser")
    search_fields = ("user__username", "user__name", "user__email", "advertiser__name")
    ordering = ("-pk",)
    fields = ("person", "advertiser", "role", "masked_email", "masked_phone", "is_active", "created_at")
    readonly_fields = ("person", "masked_email", "masked_phone")

    @admin.display(description="이름", ordering="user__name")
    def person(self, row: Membership) -> str:
        """Who it is."""
        return row.user.get_full_name()
