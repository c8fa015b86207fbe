"""The dashboard, the account at a glance, the notices."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers import selectors
from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from identity import notifications

# What the account page leads to: headings, then address, words, icon; one that does not exist draws nothing.
WAYS = (
    (
        "결제와 크레딧",
        (
            ("payments:payment-history", "결제 내역과 영수증", "receipt-text"),
            ("credits:history", "크레딧 내역", "coins"),
            ("payments:refunds", "환불 요청", "undo-2"),
            ("credits:statement-list", "월별 명세서", "file-text"),
            ("payments:refund-account", "환불 계좌", "landmark"),
            ("payments:auto-top-up", "자동 충전", "refresh-cw"),
        ),
    ),
    (
        "성과와 연동",
        (
            ("campaigns:analytics", "성과 분석", "chart-column"),
            ("advertisers:api-keys", "API 키", "key-round"),
            ("advertisers:webhooks", "웹훅", "webhook"),
        ),
    ),
    (
        "광고주와 팀",
        (
            ("advertisers:profile", "광고주 정보", "building-2"),
            ("advertisers:papers", "사업자 서류", "file-check-2"),
            ("advertisers:team", "팀과 한도", "users-round"),
        ),
    ),
    (
        "알림과 문의",
        (
            ("advertisers:notifications", "알림", "bell"),
            ("advertisers:notification-preferences", "알림 설정", "sliders-horizontal"),
            ("inquiries:list", "1:1 문의", "message-square-text"),
            ("consents", "동의 관리", "list-checks"),
        ),
    ),
    (
        "로그인과 보안",
        (
            ("account_change_password", "비밀번호 바꾸기", "lock"),
            ("usersessions_list", "로그인한 기기", "smartphone"),
            ("mfa_index", "패스키와 2단계 인증", "shield-check"),
        ),
    ),
)


@require_safe
@advertiser_required()
def dashboard(request: TenantRequest) -> HttpResponse:
    """What happens today and what to do next; every figure comes from a tile of the app that owns it."""
    context = {"advertiser": request.advertiser, "at": timezone.now(), "may_spend": request.membership.role in SPENDERS}
    return TemplateResponse(request, "advertisers/dashboard.html", context)


@require_safe
@advertiser_required()
def my_page(request: TenantRequest) -> HttpResponse:
    """The account at a glance, with the ways to its parts."""
    context = {
        "advertiser": request.advertiser,
        "membership": request.membership,
        "ways": WAYS,
        "unread": notifications.unread_count(request.user),
    }
    return TemplateResponse(request, "advertisers/my_page.html", context)


@require_safe
@advertiser_required()
def notices(request: TenantRequest) -> HttpResponse:
    """The person's notices, newest first."""
    page = selectors.notices(user=request.user, cursor=request.GET.get("cursor", ""))
    context = {"page": page, "unread": notifications.unread_count(request.user)}
    return TemplateResponse(request, "advertisers/notices.html", context)


@require_POST
@advertiser_required()
def read_notice(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Mark one notice as read and go where it points."""
    notice = notifications.mark_read(user=request.user, public_id=public_id, at=timezone.now())
    if notice is None:
        raise Http404("no such notice")
    return redirect(notice.url or "advertisers:notifications")


@require_POST
@advertiser_required()
def read_all_notices(request: TenantRequest) -> HttpResponse:
    """Mark every notice as read."""
    notifications.mark_all_read(user=request.user, at=timezone.now())
    messages.success(request, "알림을 모두 읽음으로 바꿨어요.")
    return redirect("advertisers:notifications")
