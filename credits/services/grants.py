"""Credits that arrive and credits that expire: top-ups, bonus, the sweep."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from common import dated
from common.errors import DomainError
from credits import events
from credits.models import Entry, Kind, Lot
from credits.services.posting import IdempotencyConflict, movement, post, whole, written
from credits.services.wallet import Move, lock_wallet

MONEY_STOPPED = dated.define("credits.money_stopped", default=False, label="충전과 환불 멈춤")
LIFE_DAYS = dated.define("credits.life_days", default=5 * 365, label="그 밖의 크레딧 유효 기간", least=365, most=20 * 365, unit="일")


class DemoHasNoMoney(DomainError):
    """Real money for an account that is there to try the product with."""

    code = "credits.demo"
    message = "데모 계정에서는 실제로 결제하지 않아요. 실제로 충전하려면 회원가입을 해 주세요."
    http_status = 403


class MoneyStopped(DomainError):
    """An operator, or the nightly proof, stopped top-ups and refunds."""

    code = "credits.money_stopped"
    message = "지금은 충전과 환불을 잠시 멈췄어요. 확인을 마치면 다시 열려요."
    http_status = 503


def refuse_if_stopped(at: datetime) -> None:
    """:raises MoneyStopped: the switch is on at this moment."""
    if MONEY_STOPPED.at(at):
        raise MoneyStopped


def refuse_demo(advertiser: Advertiser) -> None:
    """:raises DemoHasNoMoney: the account is one to try the product with."""
    if advertiser.is_demo:
        raise DemoHasNoMoney


def expiry_of(at: datetime) -> datetime:
    """When credits that arrive at this moment expire."""
    return at + timedelta(days=LIFE_DAYS.at(at))


def top_up(
    *,
    advertiser: Advertiser,
    credits: int,
    order_id: str,
    gateway: str,
    key: str,
    at: datetime,
    expires_at: datetime | None = None,
    now: datetime | None = None,
    actor: str = "",
) -> Entry:
    """
    Credit a paid order once: FUNDING:<gateway> → AVAILABLE, as a new PAID lot. Joins the caller's transaction.

    at: when it was paid.   expires_at: fixed from now on, whatever becomes of the rule; default LIFE_DAYS after `at`.
    now: our clock, default `at`.

    :raises IdempotencyConflict: the key was used for another movement, or the order was credited under another key.
    :raises MoneyStopped: the switch is on.   :raises DemoHasNoMoney: the account is a demo.
    """
    refuse_demo(advertiser)
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, credits=whole(credits), order=order_id, gateway=gateway)
    if entry := written(key, Entry.Kind.TOP_UP, facts):
        return entry
    if Entry.objects.filter(kind=Entry.Kind.TOP_UP, order_id=order_id).exists():
        raise IdempotencyConflict(key=key)
    refuse_if_stopped(now or at)
    lot = wallet.add_lot(Lot.Kind.PAID, credits, order_id=order_id, granted_at=at, expires_at=expires_at or expiry_of(at))
    move = Move(lot, credits, f"{Kind.FUNDING}:{gateway}", Kind.AVAILABLE)
    return post(Entry.Kind.TOP_UP, [move], wallet=wallet, key=key, facts=facts, at=at, now=now, order_id=order_id, actor=actor)


def grant_bonus(
    *,
    advertiser: Advertiser,
    credits: int,
    key: str,
    at: datetime,
    order_id: str = "",
    lot_kind: str = Lot.Kind.BONUS,
    campaign_types: Iterable[str] = (),
    expires_at: datetime | None = None,
    now: datetime | None = None,
    actor: str = "",
    reason: str = "",
) -> Entry:
    """
    Give credits nobody paid for: PROMOTION (BONUS) or GOODWILL → AVAILABLE; a demo gets them from DEMO. Joins the caller's transaction.

    order_id: the top-up a bonus belongs to; a refund of that order takes its share back.   expires_at: default as for paid ones.
    campaign_types: keys of the only types of campaign that may use them; empty: all.

    :raises IdempotencyConflict: the key was used for another movement.
    """
    source, kind = {
        Lot.Kind.BONUS: (Kind.PROMOTION, Entry.Kind.BONUS),
        Lot.Kind.GOODWILL: (Kind.GOODWILL, Entry.Kind.GOODWILL),
    }[Lot.Kind(lot_kind)]
    source = Kind.DEMO if advertiser.is_demo else source
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, credits=whole(credits), order=order_id)
    if entry := written(key, kind, facts):
        return entry
    lot = wallet.add_lot(
        lot_kind,
        credits,
        order_id=order_id,
        granted_at=at,
        expires_at=expires_at or expiry_of(at),
        campaign_types=campaign_types,
    )
    move = Move(lot, credits, source, Kind.AVAILABLE)
    return post(kind, [move], wallet=wallet, key=key, facts=facts, at=at, now=now, order_id=order_id, actor=actor, reason=reason)


def owners_of_expired_lots(*, at: datetime) -> QuerySet[Advertiser]:
    """Advertisers for whom `expire_lots` has something to do, in lock order."""
    return Advertiser.objects.filter(lots__available__gt=0, lots__expires_at__lte=at).distinct().order_by("pk")


def expire_lots(*, at: datetime, advertiser: Advertiser | None = None) -> list[Entry]:
    """
    Take what is available on expired lots: AVAILABLE → BREAKAGE (of a demo: DEMO), one entry per lot, and tell the team. Joins the caller's
    transaction.

    advertiser: only hers; a door that walks over all of them gives each her own transaction.
    """
    owners = [advertiser] if advertiser else list(owners_of_expired_lots(at=at))
    entries = []
    for owner in owners:
        wallet = lock_wallet(owner)
        expired = [lot for lot in wallet.lots if lot.available and lot.expires_at <= at]
        credits = sum(lot.available for lot in expired)
        for lot in expired:
            move = Move(lot, lot.available, Kind.AVAILABLE, Kind.DEMO if owner.is_demo else Kind.BREAKAGE)
            facts = movement(advertiser=owner.pk, lot=lot.pk, credits=lot.available)
            key = f"lot:{lot.pk}:expire:{lot.expired + lot.available}"
            entries.append(post(Entry.Kind.EXPIRE, [move], wallet=wallet, key=key, facts=facts, at=at, now=None, order_id=lot.order_id))
        if expired:
            tell_team(
                events.EXPIRED,
                advertiser=owner,
                facts={"credits": credits},
                url="/my-page/credit/",
                key=f"{entries[-1].idempotency_key}:told",
                at=at,
            )
    return entries
