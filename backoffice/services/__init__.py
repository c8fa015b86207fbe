"""Changes that belong to the back office itself: they call one domain service and keep who did it and why."""

from backoffice.services.deciding import approve, is_of_this_press, refuse, refuse_when_decided
from backoffice.services.journal import AlreadyDone, keep, note, take_once, take_turn
from backoffice.services.money import (
    GatewaySilent,
    ask_gateway,
    ask_transfer,
    end_offer,
    lift_restriction,
    raise_offer_budget,
    retry_document,
    retry_refund,
    start_transfer,
)
from backoffice.services.people import decide_paper, look_at_contact, look_at_withdrawn, take_export
from backoffice.services.raffles import (
    deliver_prize,
    forfeit_prize,
    fund_raffle,
    prepare_raffle,
    record_tax_payment,
    tax_statement,
    void_raffle,
)
from backoffice.services.running import NotParked, StillRunning, ask_for_proof, ask_for_reconciliation, dismiss_alert, unpark
from backoffice.services.switches import SAME_MOMENT, AlreadySwitched, policies, set_policy, switch_money

__all__ = [
    "SAME_MOMENT",
    "AlreadyDone",
    "AlreadySwitched",
    "GatewaySilent",
    "NotParked",
    "StillRunning",
    "approve",
    "ask_for_proof",
    "ask_for_reconciliation",
    "ask_gateway",
    "ask_transfer",
    "decide_paper",
    "deliver_prize",
    "dismiss_alert",
    "end_offer",
    "forfeit_prize",
    "fund_raffle",
    "is_of_this_press",
    "keep",
    "lift_restriction",
    "look_at_contact",
    "look_at_withdrawn",
    "note",
    "policies",
    "prepare_raffle",
    "raise_offer_budget",
    "record_tax_payment",
    "refuse",
    "refuse_when_decided",
    "retry_document",
    "retry_refund",
    "set_policy",
    "start_transfer",
    "switch_money",
    "take_export",
    "take_once",
    "take_turn",
    "tax_statement",
    "unpark",
    "void_raffle",
]
