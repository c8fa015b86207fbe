"""A page that shows every component in every state, for whoever builds pages. Not served in production."""

from datetime import timedelta

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.statuses import STATUSES


class _ExampleForm(forms.Form):
    """One field of every kind, two of them with a mistake."""

    name = forms.CharField(label="캠페인 이름", help_text="나만 볼 수 있는 이름이에요.")
    daily = forms.IntegerField(
        label="하루 예산 한도",
        min_value=50_000,
        error_messages={"min_value": "하루 예산은 50,000크레딧부터 정할 수 있어요."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-money": ""}),
    )
    phone = forms.CharField(label="휴대폰 번호", required=False, widget=forms.TextInput(attrs={"type": "tel", "data-phone": ""}))
    kind = forms.ChoiceField(label="유형", choices=[("VISIT", "방문"), ("QUIZ", "퀴즈")])
    method = forms.ChoiceField(label="결제 수단", choices=[("CARD", "신용·체크카드"), ("ACCOUNT", "가상계좌")], widget=forms.RadioSelect)
    memo = forms.CharField(label="남길 말", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    password = forms.CharField(label="비밀번호", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    paper = forms.FileField(label="사업자등록증", required=False)
    agree = forms.BooleanField(label="환불 정책을 읽었어요", error_messages={"required": "환불 정책을 읽고 표시해 주세요."})


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Every component once, with made-up content."""
    form = _ExampleForm(
        {"name": "신제품 출시 퀴즈", "daily": "20000", "phone": "010-0000-0000", "kind": "VISIT", "method": "CARD", "password": "x"}
    )
    at = timezone.now()
    context = {
        "statuses": {enum: list(values) for enum, values in STATUSES.items()},
        "form": form,
        "page": Paginator(range(1, 241), 10).page(7),
        "at": at,
        "ends_at": at + timedelta(days=1, hours=6, minutes=38),
        "ends_soon": at + timedelta(minutes=42),
        "crumbs": [("캠페인", "#campaigns"), ("들결 그릭요거트 출시 퀴즈", "")],
        "tabs": [
            ("#all", "전체", 24, True),
            ("#running", "진행중", 2, False),
            ("#review", "심사중", 0, False),
            ("#ended", "종료", None, False),
        ],
        "periods": [("7", "7일"), ("14", "14일"), ("30", "30일")],
        "steps": [
            ("유형", "#type", "done"),
            ("디자인", "#design", "done"),
            ("리워드", "", "current"),
            ("크레딧", "", ""),
            ("세팅", "", ""),
        ],
        "parts": [(42, 0, 1), (5, 42.5, 4)],
        "chart": {
            "type": "bar",
            "labels": ["11/17", "18", "19", "20", "21", "22", "오늘"],
            "unit": "크레딧",
            "series": [
                {"label": "집행", "data": [126800, 158900, 171200, 192400, 166300, 139700, 128340], "color": 2, "colors": [2] * 6 + [1]}
            ],
        },
    }
    return TemplateResponse(request, "components_demo.html", context)
