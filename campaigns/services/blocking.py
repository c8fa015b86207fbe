"""Who may not take part, decided by an operator with a reason, or by rule after repeated fraud. Each owns its transaction unless told."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from campaigns.models import Block, Invalidation
from campaigns.services import moves, telling
from common import dated
from common.errors import DomainError
from identity.models import User
from rewards.models import Member

FRAUDS = dated.define("campaigns.frauds_to_block", default=3, label="30일 안에 부정 참여가 몇 건이면 참여를 막는지", least=1, unit="건")
DAYS = dated.define("campaigns.block_days", default=90, label="부정 참여로 참여를 막는 날 수", least=1, most=3650, unit="일")
LOOKED_BACK = timedelta(days=30)


class AlreadyBlocked(DomainError):
    code = "block.already"
    message = "이미 참여를 막은 회원이에요."


class NotBlocked(DomainError):
    code = "block.none"
    message = "이미 풀린 차단이에요."


def block_member(*, member: Member, days: int, by: User, at: datetime, reason: str) -> Block:
    """
    Keep a member, and the person behind the account where it is known, out of every mission. days: 0: until it is lifted.

    :raises AlreadyBlocked: they are.   :raises ReasonMissing: no reason.
    """
    text = moves.stated(reason)[:300]
    try:
        with transaction.atomic(durable=True):
            return _block(member, until=at + timedelta(days=days) if days else None, by=by, at=at, reason=text)
    except IntegrityError:
        raise AlreadyBlocked from None


def lift(*, number: int, by: User, at: datetime, reason: str) -> Block:
    """
    Let somebody take part again: the account and the person, where one block was for both.

    :raises NotBlocked: somebody did, or its time is over.   :raises ReasonMissing: no reason.
    """
    text = moves.stated(reason)[:300]
    with transaction.atomic(durable=True):
        row = Block.objects.filter(pk=number).first()
        rows = {} if row is None else {one.pk: one for one in _made_with(row).select_for_update().order_by("pk")}
        if number not in rows:
            raise NotBlocked
        for one in rows.values():
            one.lifted_at, one.lifted_by, one.lifted_reason = at, by, text
            one.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
    return rows[number]


def _made_with(block: Block) -> QuerySet[Block]:
    """The open rows of one block: of the account and of the person behind it."""
    people = members_of([block])
    keys = {block.key, *(key for member in people.values() for key in _keys(member))}
    return Block.objects.filter(key__in=keys, made_at=block.made_at, made_by=block.made_by_id, lifted_at=None)


def members_of(blocks: Sequence[Block]) -> dict[str, Member]:
    """Whom blocks keep out, by key; of a person with several accounts the last. One query."""
    numbers = [int(block.key.removeprefix("member:")) for block in blocks if block.kind == Block.Kind.MEMBER]
    people = [block.key for block in blocks if block.kind == Block.Kind.PERSON]
    found = Member.objects.filter(Q(pk__in=numbers) | Q(person_hash__in=people)).order_by("pk")
    return {key: member for member in found for key in _keys(member)}


def sanction(*, member_id: int, at: datetime) -> Block | None:
    """Block by rule whoever was found cheating too often lately. Joins the caller's transaction."""
    frauds = Invalidation.objects.filter(member_id=member_id, is_fraud=True, at__gt=at - LOOKED_BACK).count()
    member = Member.objects.select_related("user").get(pk=member_id)
    if frauds < FRAUDS.at(at) or is_blocked(member, at=at):
        return None
    reason = f"30일 동안 부정 참여가 {frauds}건 확인됐어요."
    return _block(member, until=at + timedelta(days=DAYS.at(at)), by=None, at=at, reason=reason)


def is_blocked(member: Member, *, at: datetime) -> bool:
    """True while the member may not start."""
    return active(at=at).filter(key__in=_keys(member)).exists()


def active(*, at: datetime) -> QuerySet[Block]:
    """Blocks that hold at a moment."""
    return Block.objects.filter(Q(until=None) | Q(until__gt=at), lifted_at=None)


def _keys(member: Member) -> list[str]:
    return [key for key in (f"member:{member.pk}", member.person_hash) if key]


def _block(member: Member, *, until: datetime | None, by: User | None, at: datetime, reason: str) -> Block:
    """One row for the account and one for the person. What ended by its time makes room."""
    keys = _keys(member)
    Block.objects.filter(key__in=keys, lifted_at=None, until__lte=at).update(lifted_at=at, lifted_reason="기간이 끝났어요.")
    kinds = (Block.Kind.MEMBER, Block.Kind.PERSON)
    made = [
        Block.objects.create(kind=kind, key=key, reason=reason, made_at=at, made_by=by, until=until)
        for kind, key in zip(kinds, keys, strict=False)
    ]
    telling.blocked(member, until=until, reason=reason, key=f"block:{made[0].pk}", at=at)
    return made[0]
