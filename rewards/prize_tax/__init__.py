"""
The tax of prizes above the legal minimum: asked of the winner who claims, withheld before the prize is handed over, reported, forgotten.

Source: 소득세법 21조 1항 2호 (prizes drawn by lot are other income), 84조 (no tax up to 50,000 won, above it on the whole), 129조 (20 %),
지방세법 103조의13 (10 % of it), 128조 (paid by the 10th of the next month), 164조 (statement by the end of February).
"""

from rewards.prize_tax.flow import ask, erase_due, give, give_up, lapse_due, record_payment, refuse_unpaid
from rewards.prize_tax.rates import Withheld, withheld_from

__all__ = ["Withheld", "ask", "erase_due", "give", "give_up", "lapse_due", "record_payment", "refuse_unpaid", "withheld_from"]
