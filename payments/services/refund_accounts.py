"""The bank account to which money goes when a card cannot take it back: in the owner's name, checked with the bank, usable after a wait."""

from datetime import datetime, timedelta

from django.db import transaction

from advertisers.models import Advertiser, BusinessUser, PersonalUser
from advertisers.notifications import tell_team
from common import sealed
from common.provider import GatewayError
from credits import services as ledger
from identity import access_log
from identity.models import User
from payments import account_holder, events, policy
from payments.models import BankTransfer, RefundAccount
from payments.services.refusals import AccountHolderDiffers, AccountHolderUnknown, AccountInUse, AccountNotFound


def current_account(advertiser: Advertiser) -> RefundAccount | None:
    """The account that counts, usable or not. One query."""
    return RefundAccount.objects.owned_by(advertiser).current().first()


def register_account(*, advertiser: Advertiser, bank: str, number: str, by: User, at: datetime) -> RefundAccount:
    """
    Put an account in the place of the one that counted, and tell everybody who looks after the team's money. The caller has made the
    person show again who they are.

    bank: three digits of a known bank.   number: digits only.

    :raises AccountNotFound, AccountHolderDiffers, AccountHolderUnknown: the bank's answer; nothing was written.
    :raises AccountInUse: a transfer to the present account is on its way.
    """
    names, business_number = _owner(advertiser)
    try:
        holder = account_holder.holder_of(bank=bank, number=number, business_number=business_number)  # network: no transaction
    except GatewayError as refusal:
        raise (AccountNotFound if refusal.known and refusal.status == 400 else AccountHolderUnknown) from refusal
    if not any(account_holder.is_same_name(holder.name, name) for name in names):
        raise AccountHolderDiffers(name=advertiser.name)
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)  # two changes of one advertiser come one after the other
        if BankTransfer.objects.filter(account__advertiser=advertiser, state=BankTransfer.State.STARTED).exists():
            raise AccountInUse
        RefundAccount.objects.owned_by(advertiser).current().update(replaced_at=at)
        account = RefundAccount.objects.create(
            advertiser=advertiser,
            bank=bank,
            sealed_number=sealed.seal(number),
            last_digits=number[-4:],
            holder=holder.name,
            verification_id=holder.verification_id,
            registered_by=by,
            registered_at=at,
            usable_at=at + timedelta(hours=policy.REFUND_ACCOUNT_WAIT_HOURS.at(at)),
        )
        access_log.note(actor=by, action="refund_account.changed", subject=f"advertiser:{advertiser.public_id}", at=at)
        _tell(account, at=at)
    return account


def _owner(advertiser: Advertiser) -> tuple[tuple[str, ...], str]:
    """The names in which the account may be, and the business's number: a company or its representative, or the person."""
    if advertiser.kind == Advertiser.Kind.BUSINESS:
        business = BusinessUser.objects.owned_by(advertiser).get()
        return (business.company_name, business.representative), business.registration_number
    return (PersonalUser.objects.get(advertiser=advertiser).name,), ""


def _tell(account: RefundAccount, *, at: datetime) -> None:
    tell_team(
        events.REFUND_ACCOUNT_CHANGED,
        advertiser=account.advertiser,
        facts={"account": str(account)},
        url="/my-page/refund-account/",
        key=f"refund-account:{account.public_id}",
        at=at,
    )
