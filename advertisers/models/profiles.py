"""Who an advertiser is by law: a person, or a business with its papers."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from advertisers.models.tenants import Advertiser, exactly_one_profile

_OF_THE_ROW = ("NEW.advertiser_id", "OLD.advertiser_id")


class PersonalUser(models.Model):
    """
    An advertiser who is a natural person.

    name: as the identity check says it, or as typed before one.   verified_at: when an identity check confirmed it.
    """

    advertiser = models.OneToOneField(Advertiser, on_delete=models.CASCADE, related_name="personal", verbose_name="광고주")
    name = models.CharField("이름", max_length=60)
    verified_at = models.DateTimeField("본인확인", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "개인 광고주"
        triggers = [exactly_one_profile(*_OF_THE_ROW)]

    def __str__(self) -> str:
        return self.name


class BusinessUserQuerySet(models.QuerySet["BusinessUser"]):
    """Vocabulary of businesses."""

    def owned_by(self, advertiser: Advertiser) -> "BusinessUserQuerySet":
        """The business that this advertiser is."""
        return self.filter(advertiser=advertiser)


class BusinessUser(models.Model):
    """
    An advertiser that is a business.

    registration_number: ten digits, check digit right.   opened_on: date of opening on the certificate.   tax_email: where invoices go.
    tax_state: what the tax office last said, UNKNOWN until it answered; an outage never blocks.   identity_state: whether number, date of
    opening and representative belong together there.   papers_state: the review of the papers.
    """

    class TaxState(models.TextChoices):
        UNKNOWN = "UNKNOWN", "확인 전"
        ACTIVE = "ACTIVE", "영업 중"
        SUSPENDED = "SUSPENDED", "휴업"
        CLOSED = "CLOSED", "폐업"
        UNREGISTERED = "UNREGISTERED", "등록되지 않음"

    class IdentityState(models.TextChoices):
        UNKNOWN = "UNKNOWN", "확인 전"
        MATCHES = "MATCHES", "일치"
        DIFFERS = "DIFFERS", "다름"

    class PapersState(models.TextChoices):
        MISSING = "MISSING", "서류 없음"
        WAITING = "WAITING", "확인 중"
        APPROVED = "APPROVED", "확인 완료"
        ASKED = "ASKED", "다시 제출 필요"
        REFUSED = "REFUSED", "반려"
        EXPIRED = "EXPIRED", "기간 지남"

    advertiser = models.OneToOneField(Advertiser, on_delete=models.CASCADE, related_name="business", verbose_name="광고주")
    registration_number = models.CharField("사업자등록번호", max_length=10)
    company_name = models.CharField("상호", max_length=100)
    representative = models.CharField("대표자", max_length=60, blank=True)
    opened_on = models.DateField("개업일", null=True, blank=True)
    postcode = models.CharField("우편번호", max_length=5, blank=True)
    address = models.CharField("주소", max_length=200, blank=True)
    address_detail = models.CharField("상세 주소", max_length=100, blank=True)
    tax_email = models.EmailField("세금계산서 이메일", blank=True)
    tax_state = models.CharField("국세청 상태", max_length=12, choices=TaxState.choices, default=TaxState.UNKNOWN)
    tax_type = models.CharField("과세 유형", max_length=60, blank=True)
    tax_checked_at = models.DateTimeField("국세청 확인", null=True, blank=True)
    identity_state = models.CharField(
        "진위 확인", max_length=8, choices=IdentityState.choices, default=IdentityState.UNKNOWN, db_default=IdentityState.UNKNOWN
    )
    identity_checked_at = models.DateTimeField("진위를 확인한 때", null=True, blank=True)
    papers_state = models.CharField("서류", max_length=10, choices=PapersState.choices, default=PapersState.MISSING)

    objects = BusinessUserQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "사업자 광고주"
        triggers = [exactly_one_profile(*_OF_THE_ROW)]
        constraints = [
            models.CheckConstraint(condition=Q(registration_number__regex=r"^[0-9]{10}$"), name="advertisers_businessuser_ten_digits"),
        ]
        indexes = [
            models.Index(fields=["registration_number"], name="advertisers_business_number"),
            models.Index(fields=["tax_checked_at"], name="advertisers_business_checked"),
        ]

    def __str__(self) -> str:
        return self.company_name

    @property
    def shown_number(self) -> str:
        """The registration number as it is printed, 123-45-67890."""
        number = self.registration_number
        return f"{number[:3]}-{number[3:5]}-{number[5:]}"


class BusinessPaperQuerySet(models.QuerySet["BusinessPaper"]):
    """Vocabulary of papers."""

    def owned_by(self, advertiser: Advertiser) -> "BusinessPaperQuerySet":
        """What this advertiser handed in."""
        return self.filter(business__advertiser=advertiser)


class BusinessPaper(models.Model):
    """
    One paper of a business, e.g. its registration certificate. The file was read, judged by its content, written anew and lies in
    private storage; whoever may see it gets it through a view.

    file: its name in the private storage.   digest: SHA-256 of the stored bytes.   expires_on: the first day on which it no longer counts.
    """

    class Kind(models.TextChoices):
        CERTIFICATE = "CERTIFICATE", "사업자등록증"
        MAIL_ORDER = "MAIL_ORDER", "통신판매업 신고증"
        BANKBOOK = "BANKBOOK", "통장 사본"
        OTHER = "OTHER", "기타 서류"

    class State(models.TextChoices):
        WAITING = "WAITING", "확인 중"
        APPROVED = "APPROVED", "확인 완료"
        ASKED = "ASKED", "다시 제출 필요"
        REFUSED = "REFUSED", "반려"
        EXPIRED = "EXPIRED", "기간 지남"
        REPLACED = "REPLACED", "새 서류로 바뀜"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(BusinessUser, on_delete=models.CASCADE, related_name="papers", verbose_name="사업자")
    kind = models.CharField("종류", max_length=12, choices=Kind.choices, default=Kind.CERTIFICATE)
    file = models.CharField("파일", max_length=200, unique=True)
    name = models.CharField("파일 이름", max_length=120)
    content_type = models.CharField("형식", max_length=40)
    size = models.PositiveIntegerField("크기")
    digest = models.CharField("지문", max_length=64)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.WAITING)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="올린 사람")
    uploaded_at = models.DateTimeField("올린 때")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="확인한 사람"
    )
    decided_at = models.DateTimeField("확인한 때", null=True, blank=True)
    reason = models.CharField("이유", max_length=300, blank=True)
    expires_on = models.DateField("만료일", null=True, blank=True)

    objects = BusinessPaperQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "사업자 서류"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="APPROVED") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="advertisers_businesspaper_approved_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="REFUSED") | ~Q(reason=""), name="advertisers_businesspaper_refused_with_reason"),
            models.CheckConstraint(condition=~Q(state="ASKED") | ~Q(reason=""), name="advertisers_businesspaper_asked_with_reason"),
        ]
        indexes = [
            models.Index(fields=["uploaded_at"], condition=Q(state="WAITING"), name="advertisers_paper_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class BusinessCheck(models.Model):
    """
    One question to the tax office and its answer, as received.

    state: of TaxState for STATUS, of IdentityState for IDENTITY.   code: the tax office's own code, or empty.   answer: JSON as received,
    without what we had sent of a person.   by: who caused it; empty for the clock.
    """

    class Question(models.TextChoices):
        STATUS = "STATUS", "상태"
        IDENTITY = "IDENTITY", "진위"

    question = models.CharField("물은 것", max_length=8, choices=Question.choices, default=Question.STATUS, db_default=Question.STATUS)
    registration_number = models.CharField("사업자등록번호", max_length=10)
    state = models.CharField("답", max_length=12, choices=[*BusinessUser.TaxState.choices, *BusinessUser.IdentityState.choices[1:]])
    code = models.CharField("코드", max_length=10, blank=True)
    answer = models.JSONField("응답", default=dict)
    checked_at = models.DateTimeField("확인한 때")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="확인한 사람"
    )

    class Meta:
        verbose_name = verbose_name_plural = "국세청 조회"
        indexes = [models.Index(fields=["registration_number", "-checked_at"], name="advertisers_check_number")]

    def __str__(self) -> str:
        return f"{self.registration_number} {self.get_state_display()}"
