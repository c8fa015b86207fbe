"""Doors that every process answers."""

from django.urls import path
from django_prometheus.exports import ExportToDjangoView

from common import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", ExportToDjangoView, name="metrics"),
]
