"""Model pages, one module per app; imported by Django's admin autodiscovery."""

from backoffice.admin import advertisers, common, identity, rewards

__all__ = ["advertisers", "common", "identity", "rewards"]
