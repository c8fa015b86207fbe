"""
Raffles anyone can check: opened with a promise, closed with a frozen list, drawn by the clock.

docs/raffles.md describes what is published, and `docs/verify_raffle.py` repeats a draw without any of this code.
"""

from rewards.raffles.claiming import claim, deliver, forfeit
from rewards.raffles.clock import tick
from rewards.raffles.drawing import close, void
from rewards.raffles.entering import earn, enter, take_back_earned
from rewards.raffles.preparing import Prize, fund, fund_by_sponsor, open_joined, open_raffle, prepare

__all__ = [
    "Prize", "claim", "close", "deliver", "earn", "enter", "forfeit", "fund", "fund_by_sponsor", "open_joined", "open_raffle", "prepare",
    "take_back_earned", "tick", "void",
]  # fmt: skip
