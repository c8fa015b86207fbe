"""
A transfer that somebody began who is away now: a colleague takes it over with a reason, so that it can be ended.

Nothing is sent by it. Whoever has it then looks into the bank's statement and says whether the money left; until then it stays begun.
"""

from datetime import datetime

from identity import access_log, notifications
from identity.models import User
from payments.models import BankPayout, BankTransfer
from payments.services.refusals import TransferNotOpen


def hand_over(row: BankTransfer | BankPayout, *, holder: str, subject: str, reason: str, by: User, at: datetime) -> None:
    """
    Let `by` have a begun transfer, call the operators, whoever had it among them, and write down that `by` sees the account from now on.
    Joins a transaction in which `row` is locked.

    holder: username of whoever had it when `by` looked.   subject: whose account it is.

    :raises TransferNotOpen: it is not begun, `holder` does not have it any more, or `by` has it.
    """
    had = row.holder
    if row.state != row.State.STARTED or had is None or had == by or had.get_username() != holder:
        raise TransferNotOpen
    row.taken_over_by, row.taken_over_at = by, at
    row.save(update_fields=["taken_over_by", "taken_over_at"])
    access_log.note(actor=by, action="refund_account.viewed", subject=subject, at=at)
    notifications.alert_operators(
        kind="payments.transfer_taken_over",
        title="시작한 이체를 다른 운영자가 넘겨받았어요",
        body=f"{had.get_full_name()}님이 맡은 {row.amount_krw:,}원 이체를 {by.get_full_name()}님이 넘겨받았어요 · {reason.strip()[:200]}\n"
        f"{had.get_full_name()}님은 은행에서 보내지 말고, 이미 보냈다면 바로 알려 주세요.",
        key=f"transfer:{row.public_id}:taken_over:{at.isoformat()}",
        at=at,
    )
