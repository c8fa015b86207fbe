"""How people prove who they are: codes by SMS, identity checks, links by mail, and the grants that come of them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from common import portals


class PhoneCode(models.Model):
    """
    One code asked for by one browser for one number and one purpose. The code itself is made when it is sent and only its hash is kept.

    phone: E.164.   browser, address_hash: keyed hashes of the browser's own secret and of its network address.
    code_hash: empty until it was sent.   tries: guesses that were looked at, 5 at most.   used_at: when the right one was typed.
    """

    class Purpose(models.TextChoices):
        SIGN_UP = "SIGN_UP", "가입"
        FIND_ID = "FIND_ID", "아이디 찾기"
        RESET = "RESET", "비밀번호 다시 정하기"
        STEP_UP = "STEP_UP", "본인 다시 확인"
        NEW_PHONE = "NEW_PHONE", "휴대전화 바꾸기"

    class Delivery(models.TextChoices):
        WAITING = "WAITING", "보내는 중"
        SENT = "SENT", "보냄"
        TROUBLE = "TROUBLE", "보내지 못함"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField("목적", max_length=10, choices=Purpose.choices)
    portal = models.CharField("포털", max_length=12, choices=[(name, name) for name in portals.ALL])
    phone = models.CharField("휴대전화", max_length=20)
    browser = models.CharField("브라우저", max_length=64)
    address_hash = models.CharField("접속 주소", max_length=64)
    code_hash = models.CharField("번호 해시", max_length=64, blank=True)
    delivery = models.CharField("발송", max_length=10, choices=Delivery.choices, default=Delivery.WAITING)
    tries = models.PositiveSmallIntegerField("시도", default=0)
    created_at = models.DateTimeField("요청한 때")
    expires_at = models.DateTimeField("끝나는 때")
    used_at = models.DateTimeField("확인한 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "인증번호"
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="identity_phonecode_five_tries"),
            models.CheckConstraint(condition=Q(used_at__isnull=True) | ~Q(code_hash=""), name="identity_phonecode_used_means_sent"),
        ]
        indexes = [
            models.Index(fields=["phone", "created_at"], name="identity_phonecode_number"),
            models.Index(fields=["address_hash", "created_at"], name="identity_phonecode_address"),
            models.Index(fields=["browser", "created_at"], name="identity_phonecode_browser"),
            models.Index(fields=["created_at"], name="identity_phonecode_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.public_id}"

    @property
    def has_trouble(self) -> bool:
        """True while the supplier does not take the message."""
        return self.delivery == self.Delivery.TROUBLE


class IdentityCheck(models.Model):
    """
    One try of one browser or person to prove who they are at an identity agency.

    ref: our number of the try at the provider (identityVerificationId, mTxId), used once.   person_hash: keyed hash of the CI, which is
    kept nowhere.   facts: sealed JSON of name, birth date, phone, sex, nationality; empty once it was taken over or is not needed.
    adult_from: the day on which this person is 19.   claimed_at: when the result was used, once.
    ASKING: the provider is being asked.   FAILED: the person did not get through.   REFUSED: the answer was not ours to believe.
    """

    class Provider(models.TextChoices):
        PORTONE = "PORTONE", "포트원"
        INICIS = "INICIS", "KG이니시스"

    class Purpose(models.TextChoices):
        SIGN_UP = "SIGN_UP", "가입"
        STEP_UP = "STEP_UP", "본인 다시 확인"
        PAYMENT = "PAYMENT", "첫 결제"
        MEMBER = "MEMBER", "럭플 본인확인"

    class State(models.TextChoices):
        STARTED = "STARTED", "시작"
        ASKING = "ASKING", "확인 중"
        VERIFIED = "VERIFIED", "확인 완료"
        FAILED = "FAILED", "확인 못 함"
        REFUSED = "REFUSED", "믿을 수 없음"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    provider = models.CharField("기관", max_length=10, choices=Provider.choices)
    purpose = models.CharField("목적", max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="identity_checks", verbose_name="사람"
    )
    browser = models.CharField("브라우저", max_length=64)
    address_hash = models.CharField("접속 주소", max_length=64)
    ref = models.CharField("기관 번호", max_length=64, unique=True)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.STARTED)
    code = models.CharField("결과 코드", max_length=60, blank=True)
    person_hash = models.CharField("본인 해시", max_length=64, blank=True)
    facts = models.TextField("확인한 내용", blank=True)
    adult_from = models.DateField("성인이 되는 날", null=True, blank=True)
    started_at = models.DateTimeField("시작")
    asked_at = models.DateTimeField("물어본 때", null=True, blank=True)
    finished_at = models.DateTimeField("끝", null=True, blank=True)
    claimed_at = models.DateTimeField("사용한 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "본인확인"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="VERIFIED") ^ Q(person_hash=""), name="identity_identitycheck_person_only_when_verified"
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True) | Q(state="VERIFIED"), name="identity_identitycheck_claimed_only_when_verified"
            ),
        ]
        indexes = [
            models.Index(fields=["browser", "started_at"], name="identity_check_browser"),
            models.Index(fields=["address_hash", "started_at"], name="identity_check_address"),
            models.Index(fields=["person_hash"], condition=~Q(person_hash=""), name="identity_check_person"),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.ref}"

    @property
    def is_verified(self) -> bool:
        """True once the provider told us, server to server, who it was."""
        return self.state == self.State.VERIFIED


class MailLink(models.Model):
    """
    A link that was mailed: whoever has it may do one thing, once, for a while. Only the hash of its token is kept.

    user: empty when nobody has the address; the row is written all the same.   email: where it goes.
    """

    class Purpose(models.TextChoices):
        FIND_ID = "FIND_ID", "아이디 찾기"
        RESET = "RESET", "비밀번호 다시 정하기"
        CONFIRM = "CONFIRM", "이메일 확인"
        STEP_UP = "STEP_UP", "본인 다시 확인"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField("목적", max_length=10, choices=Purpose.choices)
    portal = models.CharField("포털", max_length=12, choices=[(name, name) for name in portals.ALL])
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="mail_links", verbose_name="사람"
    )
    email = models.EmailField("이메일", blank=True)
    address_hash = models.CharField("접속 주소", max_length=64, blank=True)
    token_hash = models.CharField("토큰 해시", max_length=64, blank=True)
    created_at = models.DateTimeField("만든 때")
    expires_at = models.DateTimeField("끝나는 때")
    used_at = models.DateTimeField("쓴 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "메일 링크"
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], condition=~Q(token_hash=""), name="identity_maillink_token_once"),
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="identity_maillink_email"),
            models.Index(fields=["address_hash", "created_at"], name="identity_maillink_address"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.public_id}"


class StepUpGrant(models.Model):
    """
    A person showed again who they are, in one browser, for one purpose. Good for ten minutes.

    browser: keyed hash of the browser's secret; a grant is worth nothing in another one.
    """

    class Purpose(models.TextChoices):
        REFUND = "refund", "환불 요청"
        REFUND_ACCOUNT = "refund-account", "환불 계좌 바꾸기"
        API_KEY = "api-key", "API 키 만들기"
        MEMBER_REMOVAL = "member-removal", "구성원 내보내기"
        OWNER_TRANSFER = "owner-transfer", "소유자 바꾸기"
        CLOSE_ACCOUNT = "close-account", "계정 닫기"
        NEW_PHONE = "new-phone", "휴대전화 바꾸기"
        NEW_EMAIL = "new-email", "이메일 바꾸기"

    class Method(models.TextChoices):
        SMS = "SMS", "문자 인증번호"
        IDENTITY = "IDENTITY", "본인확인"
        SECOND_FACTOR = "SECOND_FACTOR", "2단계 인증"
        MAIL = "MAIL", "메일 링크"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name="사람")
    purpose = models.CharField("목적", max_length=20, choices=Purpose.choices)
    method = models.CharField("방법", max_length=15, choices=Method.choices)
    browser = models.CharField("브라우저", max_length=64)
    granted_at = models.DateTimeField("확인한 때")
    expires_at = models.DateTimeField("끝나는 때")

    class Meta:
        verbose_name = verbose_name_plural = "다시 확인한 기록"
        indexes = [models.Index(fields=["user", "purpose", "expires_at"], name="identity_stepupgrant_valid")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.user_id}"
