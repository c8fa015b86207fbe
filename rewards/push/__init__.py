"""Push: devices, notices because of events, messages that operators compose, and the one sender with the law in it."""

from rewards.push.composing import compose, labelled, reach, result_of, schedule, stop, try_out
from rewards.push.devices import forget, register
from rewards.push.telling import tell

__all__ = ["compose", "forget", "labelled", "reach", "register", "result_of", "schedule", "stop", "tell", "try_out"]
