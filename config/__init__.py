"""Settings, URLs per portal, the two JSON APIs, Celery and the embedded database server."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
