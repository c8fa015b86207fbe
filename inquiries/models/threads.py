"""Questions and answers: one engine with two doors, for members and for advertisers."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from advertisers.models import Advertiser
from common import sealed
from identity.models import User


class InquiryQuerySet(models.QuerySet["Inquiry"]):
    """Vocabulary of inquiries."""

    def owned_by(self, advertiser: Advertiser) -> "InquiryQuerySet":
        """One tenant's: what one member of a team asked, the team may read."""
        return self.filter(kind=Inquiry.Kind.ADVERTISER, advertiser=advertiser)

    def asked_by(self, user: User) -> "InquiryQuerySet":
        """One member's own."""
        return self.filter(kind=Inquiry.Kind.MEMBER, asker=user)

    def unscoped(self) -> "InquiryQuerySet":
        """Of everybody, on purpose: for the operators, who answer."""
        return self.all()

    def waiting(self) -> "InquiryQuerySet":
        """Those in which the next word is the house's."""
        return self.filter(state__in=[Inquiry.State.RECEIVED, Inquiry.State.CHECKING])


class Inquiry(models.Model):
    """
    One thread.

    asker: nobody for a guest, whose name and address stand in `guest`.   about: the row it is about, e.g. "campaign:<public_id>", or empty.
    key: one per opened form.   waiting_since: since when the next word is the house's; empty while it is the asker's.
    """

    class Kind(models.TextChoices):
        MEMBER = "MEMBER", "회원 문의"
        ADVERTISER = "ADVERTISER", "광고주 문의"
        GUEST = "GUEST", "비회원 문의"

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", "접수"
        CHECKING = "CHECKING", "확인중"
        ANSWERED = "ANSWERED", "답변 도착"
        CLOSED = "CLOSED", "종료"

    class Topic(models.TextChoices):
        PAYMENT = "PAYMENT", "결제와 환불"
        CAMPAIGN = "CAMPAIGN", "캠페인"
        REWARD = "REWARD", "미션과 리워드"
        ACCOUNT = "ACCOUNT", "계정"
        DEMO = "DEMO", "데모 계정 요청"
        OTHER = "OTHER", "기타"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="inquiries", verbose_name="물어본 사람"
    )
    advertiser = models.ForeignKey(
        Advertiser, on_delete=models.PROTECT, null=True, blank=True, related_name="inquiries", verbose_name="광고주"
    )
    topic = models.CharField("주제", max_length=10, choices=Topic.choices)
    title = models.CharField("제목", max_length=100)
    about = models.CharField("대상", max_length=120, blank=True)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.RECEIVED)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="담당자"
    )
    key = models.CharField("키", max_length=100)
    created_at = models.DateTimeField("물어본 때")
    waiting_since = models.DateTimeField("기다린 때", null=True, blank=True)
    closed_at = models.DateTimeField("끝난 때", null=True, blank=True)

    objects = InquiryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "문의"
        constraints = [
            models.UniqueConstraint(fields=["asker", "key"], name="inquiries_inquiry_once_per_form"),
            models.UniqueConstraint(fields=["key"], condition=Q(asker__isnull=True), name="inquiries_inquiry_once_per_guest_form"),
            models.CheckConstraint(
                condition=Q(kind="ADVERTISER", advertiser__isnull=False, asker__isnull=False)
                | Q(kind="MEMBER", advertiser__isnull=True, asker__isnull=False)
                | Q(kind="GUEST", advertiser__isnull=True, asker__isnull=True),
                name="inquiries_inquiry_asker_by_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_at__isnull=False) | ~Q(state="CLOSED") & Q(closed_at__isnull=True),
                name="inquiries_inquiry_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["RECEIVED", "CHECKING"], waiting_since__isnull=False)
                | Q(state__in=["ANSWERED", "CLOSED"], waiting_since__isnull=True),
                name="inquiries_inquiry_waits_for_the_house",
            ),
        ]
        indexes = [
            models.Index(fields=["advertiser", "-created_at"], name="inquiries_of_a_team"),
            models.Index(fields=["asker", "-created_at"], name="inquiries_of_a_person"),
            models.Index(fields=["waiting_since"], condition=Q(waiting_since__isnull=False), name="inquiries_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"

    @property
    def asked_by_name(self) -> str:
        """Who asked, for operators. `asker` or `guest` is loaded."""
        return str(self.asker.get_full_name()) if self.asker else self.guest.name

    @property
    def is_closed(self) -> bool:
        """True when it is over; another word of the asker opens it again."""
        return self.state == self.State.CLOSED


class Guest(models.Model):
    """
    Who asked without an account. email, phone: sealed (common/sealed.py); phone may be empty.   address: keyed hash of the network
    address, for the limits.
    """

    inquiry = models.OneToOneField(Inquiry, on_delete=models.CASCADE, related_name="guest", verbose_name="문의")
    name = models.CharField("이름", max_length=40)
    company = models.CharField("회사", max_length=60, blank=True)
    email = models.TextField("이메일")
    phone = models.TextField("전화번호", blank=True)
    address = models.CharField("주소 해시", max_length=64)
    at = models.DateTimeField("언제")

    class Meta:
        verbose_name = verbose_name_plural = "비회원"
        indexes = [models.Index(fields=["address", "-at"], name="inquiries_guest_of_an_address")]

    def __str__(self) -> str:
        return str(self.inquiry_id)

    @property
    def mail_address(self) -> str:
        """Where the answer goes."""
        return sealed.unseal(self.email)

    @property
    def phone_number(self) -> str:
        """As the guest wrote it; empty when they left it out."""
        return sealed.unseal(self.phone) if self.phone else ""


class MessageQuerySet(models.QuerySet["Message"]):
    """Vocabulary of messages."""

    def visible_outside(self) -> "MessageQuerySet":
        """What the asker and the asker's team read: never a note of the operators."""
        return self.exclude(side=Message.Side.NOTE)


class Message(models.Model):
    """One word in a thread. side: who speaks; a NOTE is for operators only and is never shown outside.   author: nobody for a guest."""

    class Side(models.TextChoices):
        ASKER = "ASKER", "문의"
        HOUSE = "HOUSE", "답변"
        NOTE = "NOTE", "내부 메모"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    inquiry = models.ForeignKey(Inquiry, on_delete=models.CASCADE, related_name="messages", verbose_name="문의")
    side = models.CharField("쪽", max_length=6, choices=Side.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="쓴 사람"
    )
    text = models.TextField("내용", max_length=2000)
    key = models.CharField("키", max_length=100)
    at = models.DateTimeField("쓴 때")

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "문의 내용"
        constraints = [
            models.UniqueConstraint(fields=["inquiry", "author", "key"], name="inquiries_message_once_per_form"),
            models.CheckConstraint(condition=Q(author__isnull=False) | Q(side="ASKER"), name="inquiries_message_only_guests_are_nobody"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Vocabulary of attachments."""

    def visible_outside(self) -> "AttachmentQuerySet":
        """What the asker and the asker's team may have: never a file of a note."""
        return self.exclude(message__side=Message.Side.NOTE)


class Attachment(models.Model):
    """
    A file in a message. It was read, judged by its content, written anew and lies in private storage; a view hands it out.

    file: its name in the private storage.   digest: SHA-256 of the stored bytes.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments", verbose_name="문의 내용")
    file = models.CharField("파일", max_length=200, unique=True)
    name = models.CharField("파일 이름", max_length=120)
    content_type = models.CharField("형식", max_length=40)
    size = models.PositiveIntegerField("크기")
    digest = models.CharField("지문", max_length=64)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "문의 첨부"

    def __str__(self) -> str:
        return str(self.public_id)
