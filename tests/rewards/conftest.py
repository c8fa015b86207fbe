"""Missions to take part in: the campaigns of `tests.campaigns`."""

from tests.campaigns.conftest import launch, running, submit, submitted

__all__ = ["launch", "running", "submit", "submitted"]
