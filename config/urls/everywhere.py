"""Doors that every process answers."""

from django.urls import path
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from common import errors_views, health

handler400 = errors_views.bad_request
handler403 = errors_views.permission_denied
handler404 = errors_views.not_found
handler429 = errors_views.too_many
handler500 = errors_views.server_error

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", require_safe(ExportToDjangoView), name="metrics"),
]
