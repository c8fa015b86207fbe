"""Pages of the members' portal that show what members own."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from common import cursors, portals
from common.errors import DomainError
from common.http import PortalRequest
from credits import selectors as balances
from identity import notifications
from rewards import attendance, profile, referrals, statement
from rewards import home as home_page
from rewards.access import MemberRequest, member_of, member_required
from rewards.forms import NicknameForm, ProfileForm

LINES_PER_PAGE = 30
# What else there is about the account, in this order.
ACCOUNT_PAGES = (
    ("rewards:wallet", "내 티켓"),
    ("rewards:inbox", "알림"),
    ("rewards:attendance", "출석"),
    ("rewards:invite", "친구 초대"),
    ("member-inquiries:list", "1:1 문의"),
    ("campaigns:participations", "참여 내역"),
    ("consents", "동의 관리"),
    ("usersessions_list", "로그인한 기기"),
    ("rewards:phone", "휴대전화 번호 바꾸기"),
    ("account_change_password", "비밀번호 바꾸기"),
    ("rewards:data", "내 데이터 받기"),
    ("rewards:leave", "탈퇴"),
)


@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """My tickets, today's missions and the raffles that close next; anybody may look, taking part needs a member."""
    context = home_page.of(member_of(request), at=timezone.now())
    return TemplateResponse(request, "rewards/home.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def me(request: MemberRequest) -> HttpResponse:
    """Who I am to Luckffle, and what I say about myself. Whoever was sent here by a mission goes back to it."""
    back = (request.POST if request.method == "POST" else request.GET).get("next", "")
    form = ProfileForm(request.POST or None, initial={"region": request.member.region})
    if request.method == "POST" and form.is_valid():
        try:
            profile.say_region(member=request.member, region=form.value.region, at=timezone.now())
        except DomainError as refusal:
            form.add_error("region", str(refusal))
        else:
            messages.success(request, "사는 지역을 저장했어요.")
            return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "rewards:me")
    context = {
        "member": request.member, "tickets": balances.member_tickets(request.member.pk), "form": form, "next": back,
        "nickname_form": NicknameForm(initial={"nickname": request.member.nickname}), "links": ACCOUNT_PAGES,
    }  # fmt: skip
    return TemplateResponse(request, "rewards/me.html", context, status=422 if form.errors else 200)


@require_safe
@member_required
def wallet(request: MemberRequest) -> HttpResponse:
    """My tickets: what is there, what waits, what was taken back, and every line of the books, newest first."""
    member_id, cursor = request.member.pk, cursors.known(request.GET.get("cursor", ""), of=statement.LIST)
    found = statement.page_of(member_id, cursor=cursor, limit=LINES_PER_PAGE)
    context = {
        "member": request.member,
        "tickets": balances.member_tickets(member_id),
        "sums": balances.ticket_sums(member_id),
        "lines": found.lines,
        "older": found.following,
        "first": request.path if cursor else "",
    }
    return TemplateResponse(request, "rewards/wallet.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def attend(request: MemberRequest) -> HttpResponse:
    """Today's press, the streak, and what comes next."""
    at = timezone.now()
    if request.method == "POST":
        try:
            row, is_new = attendance.attend(member=request.member, at=at)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            if is_new:
                messages.success(request, f"{row.streak}일 연속 출석했어요. 티켓 {row.tickets:,}장을 받았어요.")
        return redirect("rewards:attendance")
    context = {
        "member": request.member,
        "tickets": balances.member_tickets(request.member.pk),
        "standing": attendance.standing_of(request.member, at=at),
        "days": attendance.days_of(request.member, at=at),
        "most_freezes": attendance.MOST_FREEZES,
    }
    return TemplateResponse(request, "rewards/attendance.html", context)


@require_safe
@member_required
def invite(request: MemberRequest) -> HttpResponse:
    """My code, what it brings, and what became of my invitations."""
    at = timezone.now()
    code = referrals.code_of(request.member)
    context = {
        "code": code,
        "link": f"{portals.absolute(portals.LUCKFFLE, 'rewards:signup')}?invitation={code}",
        "friend_tickets": referrals.FRIEND_TICKETS.at(at),
        "inviter_tickets": referrals.INVITER_TICKETS.at(at),
        "days": referrals.DAYS.at(at),
        "most": referrals.MOST_FRIENDS.at(at),
        "paid": referrals.paid_lately(request.member, at=at),
        "sent": request.member.referrals.select_related("friend").order_by("-joined_at")[:LINES_PER_PAGE],
    }
    return TemplateResponse(request, "rewards/invite.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def inbox(request: MemberRequest) -> HttpResponse:
    """What I was told, newest first; one press marks all of it as read."""
    if request.method == "POST":
        notifications.mark_all_read(user=request.user, at=timezone.now())
        return redirect("rewards:inbox")
    cursor = cursors.known(request.GET.get("cursor", ""), of=notifications.LIST)
    rows, older = notifications.newest(request.user, cursor=cursor, limit=LINES_PER_PAGE)
    context = {"rows": rows, "older": older, "first": request.path if cursor else "", "unread": notifications.unread_count(request.user)}
    return TemplateResponse(request, "rewards/inbox.html", context)
