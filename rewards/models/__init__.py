"""What members own, and what they may win."""

from rewards.models.members import Member
from rewards.models.raffles import Raffle, RaffleCommitment, RaffleDraw, RaffleEntry, RaffleEvent, RaffleWinner

__all__ = ["Member", "Raffle", "RaffleCommitment", "RaffleDraw", "RaffleEntry", "RaffleEvent", "RaffleWinner"]
