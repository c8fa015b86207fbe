"""Gifticons: coupons for tickets. One tr_id for each order, made before the call; a silence is looked up and never ordered anew."""

from rewards.gifticons.errors import OrderNotFound
from rewards.gifticons.ordering import exchange, order_prize, require_ready
from rewards.gifticons.resending import resend

__all__ = ["OrderNotFound", "exchange", "order_prize", "require_ready", "resend"]
