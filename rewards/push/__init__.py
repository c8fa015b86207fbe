"""Push: devices, notices because of events, messages that operators compose, and the one sender with the law in it."""

from rewards.push.composing import Reach, compose, composed, labelled, reach, reasons_of, result_of, schedule, stop, trials_of, try_out
from rewards.push.devices import forget, register
from rewards.push.telling import tell

__all__ = [
    "Reach", "compose", "composed", "forget", "labelled", "reach", "reasons_of", "register", "result_of", "schedule", "stop", "tell",
    "trials_of", "try_out",
]  # fmt: skip
