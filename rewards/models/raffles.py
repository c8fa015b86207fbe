"""
Raffles anyone can check.

What is promised before entries are taken (`RaffleCommitment`) and what was drawn (`RaffleDraw`) are written once. Members have no
foreign key in the database, so that what they did can outlive who they were.
"""

import uuid
from datetime import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
from common.guards import Guard, append_only, legal_moves
from credits.models import Entry, Hold


class State(models.TextChoices):
    """Where a raffle is. ANNOUNCED is DRAWN with its winners told: both are one commit, so there is one word."""

    DRAFT = "DRAFT", "준비 중"
    FUNDED = "FUNDED", "경품 확보"
    OPEN = "OPEN", "응모 중"
    CLOSED = "CLOSED", "추첨 대기"
    DRAWN = "DRAWN", "추첨 완료"
    FINISHED = "FINISHED", "마무리"
    VOID = "VOID", "무효"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.FUNDED, State.VOID}),
    State.FUNDED: frozenset({State.OPEN, State.VOID}),
    State.OPEN: frozenset({State.CLOSED, State.VOID}),
    State.CLOSED: frozenset({State.DRAWN, State.VOID}),
    State.DRAWN: frozenset({State.FINISHED}),
    State.FINISHED: frozenset(),
    State.VOID: frozenset(),
}
PROMISED = (
    "title", "body", "prizes", "tickets_per_entry", "entries_per_member", "reserves", "opens_at", "closes_at", "draws_at", "sealed_seed",
    "sealed_salt", "public_round",
)  # fmt: skip
KEPT_PROMISES = Guard(
    name="kept_promises",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.state NOT IN ('DRAFT', 'FUNDED')"),
    func=f"""
        IF ({", ".join(f"OLD.{name}" for name in PROMISED)}) IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in PROMISED)})
            OR (OLD.root <> '' AND NEW.root <> OLD.root) THEN
            RAISE EXCEPTION 'what a raffle promised stays as it was' USING ERRCODE = 'BR002';
        END IF;
        RETURN NEW;
    """,
)


class RaffleQuerySet(models.QuerySet["Raffle"]):
    """Vocabulary of raffles."""

    def shown(self) -> "RaffleQuerySet":
        """Those that anybody may look at: promised once, whatever became of them."""
        return self.exclude(state__in=(State.DRAFT, State.FUNDED)).exclude(state=State.VOID, opened_at=None)

    def due_to_open(self, at: datetime) -> "RaffleQuerySet":
        return self.filter(state=State.FUNDED, opens_by_itself=True, opens_at__lte=at)

    def due_to_close(self, at: datetime) -> "RaffleQuerySet":
        return self.filter(state=State.OPEN, closes_at__lte=at)


class Raffle(models.Model):
    """
    One raffle.

    prizes: [{"name", "quantity", "value_krw"}] in the order in which they are drawn; value_krw of one, market value.
    tickets_per_entry: of one number in the draw; 0 for a sponsor's raffle, whose numbers are earned by a mission.
    entries_per_member: numbers one member may hold.   reserves: drawn after the winners.   draws_at: a while after the closing.
    is_plus: for members of the reserved second tier (rewards/plus.py).
    opens_by_itself: at opens_at; otherwise whoever prepared it opens it, as a campaign does when it begins.
    sealed_seed, sealed_salt: encrypted until the draw.   public_round: the drand round that is mixed in.
    numbers, root: of the list that closing froze.   funded_krw: set aside for the prizes; `hold` when a sponsor's credits pay for them:
    each is captured when its prize is delivered, and what is left goes back.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    sponsor = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="raffles", null=True, blank=True, verbose_name="후원")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="raffles", null=True, blank=True, verbose_name="예약")
    title = models.CharField("제목", max_length=60)
    body = models.CharField("안내", max_length=1000, blank=True)
    prizes = models.JSONField("경품")
    tickets_per_entry = models.PositiveSmallIntegerField("응모 1번 티켓", default=1)
    entries_per_member = models.PositiveIntegerField("한 사람 최대 응모", default=1_000)
    reserves = models.PositiveSmallIntegerField("예비 당첨", default=0)
    opens_at = models.DateTimeField("응모 시작")
    closes_at = models.DateTimeField("응모 마감")
    draws_at = models.DateTimeField("추첨")
    is_plus = models.BooleanField("플러스 전용", default=False, db_default=False)
    opens_by_itself = models.BooleanField("시각에 저절로 열림", default=True, db_default=True)

    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.DRAFT)
    void_reason = models.CharField("무효 이유", max_length=300, blank=True)
    sealed_seed = models.TextField("잠근 비밀값", blank=True)
    sealed_salt = models.TextField("잠근 소금값", blank=True)
    public_round = models.BigIntegerField("공개 난수 회차", null=True, blank=True)
    funded_krw = models.BigIntegerField("확보한 금액", default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="만든 사람"
    )
    opened_at = models.DateTimeField("열린 때", null=True, blank=True)
    closed_at = models.DateTimeField("닫힌 때", null=True, blank=True)
    numbers = models.BigIntegerField("응모 번호 수", default=0)
    root = models.CharField("목록의 지문", max_length=64, blank=True)
    created_at = models.DateTimeField("만든 때")

    objects = RaffleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "래플"
        triggers = [legal_moves(MOVES, what="a raffle", code="BR001"), KEPT_PROMISES]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")) & Q(closes_at__lt=F("draws_at")), name="rewards_raffle_times_in_order"
            ),
            models.CheckConstraint(condition=Q(funded_krw__gte=0) & Q(numbers__gte=0), name="rewards_raffle_nothing_below_zero"),
            models.CheckConstraint(condition=~Q(state="VOID") | ~Q(void_reason=""), name="rewards_raffle_void_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state__in=("DRAFT", "FUNDED", "VOID")) | (~Q(sealed_seed="") & Q(public_round__isnull=False)),
                name="rewards_raffle_open_means_promised",
            ),
        ]
        indexes = [models.Index(fields=["state", "closes_at"], name="rewards_raffle_by_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def prize_count(self) -> int:
        """Prizes that are drawn, one winner each."""
        return sum(int(prize["quantity"]) for prize in self.prizes)

    @property
    def prize_value_krw(self) -> int:
        """Market value of all prizes."""
        return sum(int(prize["quantity"]) * int(prize["value_krw"]) for prize in self.prizes)

    def worth_of(self, rank: int) -> int:
        """Market value in won of the prize of the winner of this rank, counted from 1."""
        return int(self.prize_of(rank)["value_krw"])

    def prize_of(self, rank: int) -> dict[str, Any]:
        """
        The prize of the winner of this rank, counted from 1.

        :raises LookupError: there are fewer prizes.
        """
        left = rank
        for prize in self.prizes:
            left -= int(prize["quantity"])
            if left <= 0:
                return dict(prize)
        raise LookupError(rank)


class RaffleCommitment(models.Model):
    """
    What was promised when entries were first taken.

    seed_hash: SHA-256 of the secret seed, hex.   rules: canonical JSON, the very bytes that `rules_hash` is of.
    """

    raffle = models.OneToOneField(Raffle, on_delete=models.PROTECT, related_name="commitment", verbose_name="래플")
    seed_hash = models.CharField("비밀값의 지문", max_length=64)
    rules = models.TextField("규칙")
    rules_hash = models.CharField("규칙의 지문", max_length=64)
    made_at = models.DateTimeField("공개한 때")

    class Meta:
        verbose_name = verbose_name_plural = "래플 약속"
        triggers = append_only()

    def __str__(self) -> str:
        return self.seed_hash


class RaffleEntry(models.Model):
    """
    One press of a member: so many numbers in the draw.

    member_id: a Member's key, without a foreign key.   spend: the ledger's entry that took the tickets; empty when it was earned.
    key: of the intent, so that pressing twice is one entry.
    first, last: its numbers, given when the raffle closes.   returned_at: a void raffle gave the tickets back.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    raffle = models.ForeignKey(Raffle, on_delete=models.PROTECT, related_name="entries", verbose_name="래플")
    member_id = models.BigIntegerField("회원")
    chances = models.PositiveIntegerField("번호 수")
    tickets = models.PositiveIntegerField("쓴 티켓")
    spend = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="티켓 전표")
    key = models.CharField("요청 키", max_length=80)
    entered_at = models.DateTimeField("응모한 때")
    first = models.BigIntegerField("첫 번호", null=True, blank=True)
    last = models.BigIntegerField("끝 번호", null=True, blank=True)
    returned_at = models.DateTimeField("돌려준 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "응모"
        constraints = [
            models.UniqueConstraint(fields=["raffle", "member_id", "key"], name="rewards_raffleentry_once_per_key"),
            models.CheckConstraint(condition=Q(chances__gt=0), name="rewards_raffleentry_has_numbers"),
            models.CheckConstraint(condition=Q(tickets=0, spend=None) | Q(tickets__gt=0), name="rewards_raffleentry_earned_or_paid"),
        ]
        indexes = [models.Index(fields=["member_id", "-entered_at"], name="rewards_raffleentry_by_member")]

    def __str__(self) -> str:
        return str(self.public_id)


class RaffleDraw(models.Model):
    """
    What decided: the frozen list's root, the seed and the public value. Anyone can repeat it.

    root, seed, randomness: 32 bytes, hex.   signature: of the drand round, 48 bytes, hex.   chosen: numbers in the order drawn.
    """

    raffle = models.OneToOneField(Raffle, on_delete=models.PROTECT, related_name="draw", verbose_name="래플")
    root = models.CharField("목록의 지문", max_length=64)
    seed = models.CharField("비밀값", max_length=64)
    signature = models.CharField("공개 난수 서명", max_length=96)
    randomness = models.CharField("공개 난수", max_length=64)
    chosen = models.JSONField("뽑힌 번호")
    drawn_at = models.DateTimeField("추첨한 때")

    class Meta:
        verbose_name = verbose_name_plural = "래플 추첨"
        triggers = append_only()

    def __str__(self) -> str:
        return self.root


class RaffleWinner(models.Model):
    """
    Somebody who was drawn.

    place: in the order drawn, from 1; the first ones win, the rest wait in reserve.   prize_rank: which prize, from 1; empty in reserve.
    answer_by: until when a winner takes the prize.
    """

    class State(models.TextChoices):
        RESERVE = "RESERVE", "예비"
        WON = "WON", "당첨"
        CLAIMED = "CLAIMED", "받겠다고 함"
        DELIVERED = "DELIVERED", "전달 완료"
        LAPSED = "LAPSED", "응답 없음"

    raffle = models.ForeignKey(Raffle, on_delete=models.PROTECT, related_name="winners", verbose_name="래플")
    entry = models.ForeignKey(RaffleEntry, on_delete=models.PROTECT, related_name="+", verbose_name="응모")
    member_id = models.BigIntegerField("회원")
    number = models.BigIntegerField("뽑힌 번호")
    place = models.PositiveIntegerField("순서")
    prize_rank = models.PositiveIntegerField("경품 순위", null=True, blank=True)
    state = models.CharField("상태", max_length=9, choices=State.choices)
    answer_by = models.DateTimeField("응답 기한", null=True, blank=True)
    claimed_at = models.DateTimeField("받겠다고 한 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "당첨"
        constraints = [
            models.UniqueConstraint(fields=["raffle", "place"], name="rewards_rafflewinner_one_per_place"),
            models.UniqueConstraint(fields=["raffle", "member_id"], name="rewards_rafflewinner_wins_once"),
            models.UniqueConstraint(
                fields=["raffle", "prize_rank"], condition=~Q(state="LAPSED"), name="rewards_rafflewinner_one_per_prize"
            ),
            models.CheckConstraint(
                condition=Q(state="RESERVE", prize_rank__isnull=True) | (~Q(state="RESERVE") & Q(prize_rank__isnull=False)),
                name="rewards_rafflewinner_prize_unless_reserve",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} · {self.get_state_display()}"


class RaffleEvent(models.Model):
    """What happened to a raffle, in public. detail: no personal data."""

    class Kind(models.TextChoices):
        FUNDED = "FUNDED", "경품 금액을 확보했어요"
        OPENED = "OPENED", "응모를 시작했어요"
        CLOSED = "CLOSED", "응모를 마감했어요"
        DRAWN = "DRAWN", "추첨했어요"
        CLAIMED = "CLAIMED", "당첨자가 경품을 받기로 했어요"
        GIVEN = "GIVEN", "경품을 전달했어요"
        LAPSED = "LAPSED", "당첨자가 기한 안에 답하지 않았어요"
        PROMOTED = "PROMOTED", "예비 당첨자가 당첨됐어요"
        VOIDED = "VOIDED", "무효가 됐어요"

    raffle = models.ForeignKey(Raffle, on_delete=models.PROTECT, related_name="events", verbose_name="래플")
    kind = models.CharField("일", max_length=8, choices=Kind.choices)
    detail = models.CharField("내용", max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="한 사람"
    )
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "래플 기록"
        triggers = append_only()
        indexes = [models.Index(fields=["raffle", "at"], name="rewards_raffleevent_in_order")]

    def __str__(self) -> str:
        return self.get_kind_display()
