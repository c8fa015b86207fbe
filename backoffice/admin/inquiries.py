"""Answers that are ready. Inquiries themselves are worked on at their desk."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from backoffice import rights
from backoffice.admin.base import ReadOnlyAdmin
from backoffice.models import CannedReply
from backoffice.rights import Right
from backoffice.site import site


@admin.register(CannedReply, site=site)
class CannedReplyAdmin(ReadOnlyAdmin):
    """Reference data, edited as rows; one that is not used any more is switched off."""

    sees = Right.ANSWER_INQUIRIES
    list_display = ("title", "kind", "topic", "place", "is_active")
    list_filter = ("kind", "topic", "is_active")
    search_fields = ("title", "text")
    ordering = ("place", "pk")
    fields = ("title", "kind", "topic", "text", "place", "is_active")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.ANSWER_INQUIRIES)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, Right.ANSWER_INQUIRIES)
