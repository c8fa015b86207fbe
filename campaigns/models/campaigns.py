"""
Campaigns, the units of their budget, and who took part.

A unit of the budget is one participation. `BudgetSlot` rows hold the units of one day in up to sixteen parts, so that
thousands of members do not queue for one row; `Participation` is partitioned by month and knows no foreign key in the database.
"""

import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
from campaigns import types
from campaigns.types.base import CampaignType
from common.guards import append_only, legal_moves
from credits.models import Hold
from rewards.models import Raffle


class State(models.TextChoices):
    """Where a campaign is. `locked` and exposure are separate facts; what people read is the effective status (selectors)."""

    SUBMITTED = "SUBMITTED", "심사중"
    CHANGES_ASKED = "CHANGES_ASKED", "수정 요청"
    REJECTED = "REJECTED", "반려"
    APPROVED = "APPROVED", "승인"
    SCHEDULED = "SCHEDULED", "시작 예정"
    RUNNING = "RUNNING", "진행중"
    PAUSED = "PAUSED", "일시중지"
    ENDED = "ENDED", "종료"
    SETTLED = "SETTLED", "정산 완료"
    WITHDRAWN = "WITHDRAWN", "철회"


class Audience(models.TextChoices):
    """For whom a mission is. PLUS is reserved (rewards/plus.py): nothing offers it yet."""

    ALL = "ALL", "모든 회원"
    PLUS = "PLUS", "플러스 회원"


class Constraint(models.TextChoices):
    """Why the clock, and nobody else, keeps a campaign from running."""

    BALANCE = "BALANCE", "잔액 부족"
    LANDING = "LANDING", "연결 주소 확인 필요"


# The one table of transitions: services move by it, a database trigger refuses the rest.
MOVES: dict[State, frozenset[State]] = {
    State.SUBMITTED: frozenset({State.CHANGES_ASKED, State.REJECTED, State.APPROVED, State.WITHDRAWN}),
    State.CHANGES_ASKED: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.REJECTED: frozenset({State.SUBMITTED}),
    State.APPROVED: frozenset({State.SCHEDULED, State.WITHDRAWN}),
    State.SCHEDULED: frozenset({State.RUNNING, State.WITHDRAWN}),
    State.RUNNING: frozenset({State.PAUSED, State.ENDED}),
    State.PAUSED: frozenset({State.RUNNING, State.ENDED}),
    State.ENDED: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
LIVE = (State.RUNNING, State.PAUSED)
BEFORE_THE_START = (State.APPROVED, State.SCHEDULED)
OVER = (State.ENDED, State.SETTLED, State.WITHDRAWN)


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Vocabulary of campaigns."""

    def owned_by(self, advertiser: Advertiser) -> "CampaignQuerySet":
        """The only scope a tenant may read through."""
        return self.filter(advertiser=advertiser)

    def unscoped(self) -> "CampaignQuerySet":
        """Of every advertiser, on purpose: the name a reviewer looks for in doors (tests/house/test_scopes.py)."""
        return self.all()

    def due_to_start(self, at: datetime) -> "CampaignQuerySet":
        """Approved ones whose start has come."""
        return self.filter(state__in=BEFORE_THE_START, starts_at__lte=at)

    def due_to_end(self, at: datetime) -> "CampaignQuerySet":
        """Live ones whose end has come."""
        return self.filter(state__in=LIVE, ends_at__lte=at)

    def due_to_pour(self, on: date, at: datetime) -> "CampaignQuerySet":
        """Running ones whose units are not out for the KST day `on`."""
        return self.filter(state=State.RUNNING, poured_on__lt=on, ends_at__gt=at)

    def offered(self, at: datetime) -> "CampaignQuerySet":
        """Those that members may see and start at this moment, whatever is left of today's units."""
        return self.filter(
            Q(state__in=(*BEFORE_THE_START, State.RUNNING)),
            Q(exposed_from=None) | Q(exposed_from__lte=at),
            Q(exposed_until=None) | Q(exposed_until__gt=at),
            constraint="",
            is_locked=False,
            is_exposed=True,
            starts_at__lte=at,
            ends_at__gt=at,
            advertiser__is_active=True,
            advertiser__restricted_reason="",
        )

    def to_settle(self) -> "CampaignQuerySet":
        """Ended ones with money still on hold; what an operator locked keeps it until it is unlocked."""
        return self.filter(state=State.ENDED, is_locked=False)


class Campaign(models.Model):
    """
    One campaign of one advertiser.

    unit_price: credits per confirmed participation, fixed while it lives.   budget_credits: in all.   daily_cap_credits: per
    KST day.   ticket_cost: credits of the price that stand for one ticket, agreed at submission; the rest is our service fee.
    captured_credits, captured_units, captured_tickets: already taken from the hold, and what was given for it.
    poured_on, poured_slots: the day whose units are
    out, and into how many slots.   dwell_seconds, slot_life_seconds, is_daily: what the type declares, copied at submission
    because the participation functions read this row.   constraint: why the clock keeps it from running, empty when nothing does.
    landing_misses: daily looks in a row that found the landing page gone, the last on landing_looked_on.
    spec: the whole of what was submitted, as `CampaignSpec` writes it.   pace_from, pace_until: the hours over which a day is spread
    evenly; 0 and 0 when it is not.
    raffle: that its completions enter, with a hold of its own.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns", verbose_name="광고주")
    type = models.CharField("유형", max_length=20)
    title = models.CharField("제목", max_length=60)
    body = models.CharField("안내", max_length=500, blank=True)
    landing_url = models.CharField("연결 주소", max_length=500)
    details = models.JSONField("유형별 항목", default=dict)
    dwell_seconds = models.PositiveIntegerField("머무는 시간(초)", default=0)
    slot_life_seconds = models.PositiveIntegerField("참여 시간(초)")
    is_daily = models.BooleanField("하루 한 번")

    reward_tickets = models.PositiveIntegerField("참여 1건 티켓")
    unit_price = models.BigIntegerField("참여 1건 단가")
    ticket_cost = models.PositiveIntegerField("티켓 1장 값", default=10, db_default=10)
    budget_credits = models.BigIntegerField("총예산")
    daily_cap_credits = models.BigIntegerField("하루 예산")
    starts_at = models.DateTimeField("시작")
    ends_at = models.DateTimeField("종료")

    state = models.CharField("상태", max_length=14, choices=State.choices)
    state_changed_at = models.DateTimeField("상태 변경")
    is_locked = models.BooleanField("운영 잠금", default=False)
    locked_reason = models.CharField("잠금 이유", max_length=300, blank=True)
    is_exposed = models.BooleanField("노출", default=True)
    exposure_order = models.IntegerField("노출 순서", default=0, help_text="작을수록 먼저 보여요.")
    exposed_from = models.DateTimeField("노출 시작", null=True, blank=True)
    exposed_until = models.DateTimeField("노출 종료", null=True, blank=True)
    decision_reason = models.CharField("심사 의견", max_length=1000, blank=True)

    constraint = models.CharField("멈춘 까닭", max_length=10, choices=Constraint.choices, blank=True, db_default="")
    landing_misses = models.PositiveSmallIntegerField("연결 주소가 열리지 않은 날", default=0, db_default=0)
    landing_looked_on = models.DateField("연결 주소를 본 날", null=True, blank=True)

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="campaigns", verbose_name="예약")
    raffle = models.OneToOneField(Raffle, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="래플")
    captured_credits = models.BigIntegerField("차감한 크레딧", default=0)
    captured_units = models.BigIntegerField("차감한 참여", default=0)
    captured_tickets = models.BigIntegerField("차감한 티켓", default=0, db_default=0)
    poured_on = models.DateField("물량을 푼 날", null=True, blank=True)
    poured_slots = models.PositiveSmallIntegerField("물량 칸", default=0)

    submitted_at = models.DateTimeField("제출")
    approved_at = models.DateTimeField("승인", null=True, blank=True)
    ended_at = models.DateTimeField("끝", null=True, blank=True)
    settled_at = models.DateTimeField("정산", null=True, blank=True)
    submission_no = models.PositiveSmallIntegerField("제출 횟수", default=1)
    submission_key = models.CharField("제출 키", max_length=80)
    submission_hash = models.CharField("제출 내용 해시", max_length=64)
    spec = models.JSONField("제출 내용", default=dict, db_default={})
    is_targeted = models.BooleanField("대상을 정함", default=False, db_default=False)
    audience = models.CharField("참여할 수 있는 회원", max_length=4, choices=Audience.choices, default=Audience.ALL, db_default="ALL")
    pace_from = models.PositiveSmallIntegerField("고르게 여는 첫 시각", default=0, db_default=0)
    pace_until = models.PositiveSmallIntegerField("고르게 여는 끝 시각", default=0, db_default=0)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "캠페인"
        triggers = [legal_moves(MOVES, what="a campaign", code="BC009")]
        constraints = [
            models.UniqueConstraint(fields=["advertiser", "submission_key"], name="campaigns_campaign_submitted_once"),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="campaigns_campaign_price_above_zero"),
            models.CheckConstraint(condition=Q(budget_credits__gte=F("unit_price")), name="campaigns_campaign_budget_buys_one"),
            models.CheckConstraint(condition=Q(daily_cap_credits__gte=F("unit_price")), name="campaigns_campaign_cap_buys_one"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="campaigns_campaign_ends_after_start"),
            models.CheckConstraint(
                condition=Q(captured_credits__gte=0, captured_credits__lte=F("budget_credits"), captured_units__gte=0),
                name="campaigns_campaign_captured_within_budget",
            ),
            models.CheckConstraint(condition=Q(is_locked=False) | ~Q(locked_reason=""), name="campaigns_campaign_lock_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["advertiser", "-submitted_at"], name="campaigns_by_advertiser"),
            models.Index(fields=["state", "starts_at"], name="campaigns_by_state"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def declared(self) -> CampaignType:
        """The declaration of its type."""
        return types.get(self.type)

    @property
    def reward_credits(self) -> int:
        """What of the unit price stands for the tickets."""
        return self.reward_tickets * self.ticket_cost

    @property
    def service_fee(self) -> int:
        """What of the unit price is ours."""
        return self.unit_price - self.reward_credits

    @property
    def prize_credits(self) -> int:
        """What the prizes of its raffle cost; 0 for types without one."""
        return self.raffle.prize_value_krw if self.raffle is not None else 0

    @property
    def committed_credits(self) -> int:
        """The budget and the prizes."""
        return self.budget_credits + self.prize_credits

    @property
    def held_credits(self) -> int:
        """On hold for it now, for the budget and for the prizes."""
        prizes = self.raffle.hold.open if self.raffle is not None and self.raffle.hold is not None else 0
        return self.hold.open + prizes

    @property
    def units(self) -> int:
        """Participations that the whole budget buys."""
        return self.budget_credits // self.unit_price

    @property
    def units_per_day(self) -> int:
        """Participations that one day's cap buys."""
        return self.daily_cap_credits // self.unit_price

    @property
    def is_over(self) -> bool:
        """True when nothing can start any more."""
        return self.state in OVER

    @property
    def is_pausable(self) -> bool:
        return self.state == State.RUNNING

    @property
    def is_resumable(self) -> bool:
        return self.state == State.PAUSED and not self.is_locked

    @property
    def is_endable(self) -> bool:
        return self.state in LIVE and not self.is_locked

    @property
    def is_withdrawable(self) -> bool:
        return State.WITHDRAWN in MOVES[State(self.state)]

    @property
    def is_returned(self) -> bool:
        """True when it was sent back or refused, and waits for its advertiser."""
        return self.state in (State.CHANGES_ASKED, State.REJECTED)

    @property
    def is_editable(self) -> bool:
        """True while something of its content may be changed; the table of locks says what."""
        return not self.is_over and not self.is_locked

    @property
    def is_raisable(self) -> bool:
        """True while the budget may be raised."""
        return self.state in (*BEFORE_THE_START, *LIVE)


class BudgetSlot(models.Model):
    """
    A part of one day's units. room = allowance − taken + returned, never below zero.

    returned: started participations that ran out of time.   confirmed_credits: the price of the confirmed ones, and of the verified
    steps of those that run.   part_credits: what of it belongs to those that run.   step_tickets: given for steps.
    """

    pk = models.CompositePrimaryKey("campaign_id", "day_on", "slot")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="slots", db_index=False, verbose_name="캠페인")
    day_on = models.DateField("날짜")
    slot = models.PositiveSmallIntegerField("칸")
    allowance = models.BigIntegerField("배정")
    taken = models.BigIntegerField("시작", default=0)
    returned = models.BigIntegerField("돌려받음", default=0)
    confirmed = models.BigIntegerField("완료", default=0)
    confirmed_credits = models.BigIntegerField("집행", default=0)
    part_credits = models.BigIntegerField("진행 중인 단계 집행", default=0, db_default=0)
    step_tickets = models.BigIntegerField("단계 티켓", default=0, db_default=0)

    class Meta:
        verbose_name = verbose_name_plural = "하루 물량"
        constraints = [
            models.CheckConstraint(
                condition=Q(allowance__gte=F("taken") - F("returned"), taken__gte=0, returned__gte=0),
                name="campaigns_budgetslot_never_oversold",
            ),
            models.CheckConstraint(
                condition=Q(confirmed__gte=0, confirmed_credits__gte=0, taken__gte=F("returned") + F("confirmed")),
                name="campaigns_budgetslot_confirmed_were_taken",
            ),
            models.CheckConstraint(
                condition=Q(part_credits__gte=0, confirmed_credits__gte=F("part_credits"), step_tickets__gte=0),
                name="campaigns_budgetslot_steps_were_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.day_on} {self.slot}"

    @property
    def room(self) -> int:
        """Units that may still start."""
        return self.allowance - self.taken + self.returned


class Participation(models.Model):
    """
    One person taking part in one campaign in one period.

    period_on: the KST day for daily types, the campaign's first day for others; the month decides the partition.   charged_on:
    KST day of the start, whose cap it uses.   price, tickets, dwell_seconds: fixed at the start.   device: operating system and
    browser the token is bound to.   score: trust, 0 to 100.   attempt: starts of this row, more than one after running out of time.
    Written only by the functions of `campaigns.migrations`; members and campaigns have no database foreign key here.
    """

    class State(models.TextChoices):
        STARTED = "STARTED", "참여 중"
        SUBMITTED = "SUBMITTED", "확인중"
        CHECKING = "CHECKING", "확인중"
        QUARANTINED = "QUARANTINED", "확인중"
        CONFIRMED = "CONFIRMED", "완료"
        REWARDED = "REWARDED", "완료"
        REFUSED = "REFUSED", "참여 취소"
        EXPIRED = "EXPIRED", "시간 지남"
        REVERSED = "REVERSED", "참여 취소"

    pk = models.CompositePrimaryKey("member_id", "campaign_id", "period_on")
    member_id = models.BigIntegerField("회원")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", verbose_name="캠페인"
    )
    period_on = models.DateField("기간")
    public_id = models.UUIDField("공개 번호")
    person_key = models.CharField("사람 키", max_length=64)
    type = models.CharField("유형", max_length=20)
    state = models.CharField("상태", max_length=12, choices=State.choices)
    attempt = models.PositiveSmallIntegerField("시도", default=1)
    charged_on = models.DateField("과금일")
    slot = models.PositiveSmallIntegerField("칸")
    price = models.BigIntegerField("단가")
    tickets = models.PositiveIntegerField("티켓")
    dwell_seconds = models.PositiveIntegerField("머무는 시간(초)")
    device = models.CharField("기기", max_length=40)
    started_at = models.DateTimeField("시작")
    expires_at = models.DateTimeField("기한")
    opened_at = models.DateTimeField("열어 봄", null=True, blank=True)
    confirmed_at = models.DateTimeField("완료", null=True, blank=True)
    beats = models.PositiveSmallIntegerField("머문 신호", default=0)
    score = models.PositiveSmallIntegerField("신뢰 점수", default=0)
    grant_entry_id = models.BigIntegerField("지급 전표", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "참여"

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_finished(self) -> bool:
        """True when the tickets were given."""
        return self.state == self.State.REWARDED


class CampaignEvent(models.Model):
    """What happened to a campaign, who did it and why. by: empty for the clock."""

    class Kind(models.TextChoices):
        MOVED = "MOVED", "상태 변경"
        LOCKED = "LOCKED", "운영 잠금"
        UNLOCKED = "UNLOCKED", "잠금 해제"
        RAISED = "RAISED", "예산 늘림"
        EXPOSED = "EXPOSED", "노출 변경"
        VERSION = "VERSION", "수정 제출"
        DECIDED = "DECIDED", "수정 심사"
        EXTENDED = "EXTENDED", "종료 늦춤"
        CAPPED = "CAPPED", "하루 예산 변경"
        IMAGE = "IMAGE", "이미지 변경"
        PLANNED = "PLANNED", "변경 예약"
        CONSTRAIN = "CONSTRAIN", "진행 제약"
        CLAIMED = "CLAIMED", "심사 담당"
        HELD = "HELD", "서류 대기"
        RECHECK = "RECHECK", "다시 보기"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="events", verbose_name="캠페인")
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    from_state = models.CharField("전", max_length=14, blank=True)
    to_state = models.CharField("뒤", max_length=14, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="한 사람"
    )
    reason = models.CharField("이유", max_length=1000, blank=True)
    data = models.JSONField("내용", default=dict)
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "캠페인 이력"
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.kind}"
