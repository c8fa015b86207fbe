"""Who signs in."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backoffice import rights
from backoffice.admin.base import ReadOnlyAdmin
from backoffice.rights import Right
from backoffice.site import site
from identity.models import User


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    sees = Right.SEE_SYSTEM
    list_display = ("username", "name", "kind", "roles", "is_active", "last_login", "date_joined")
    list_filter = ("kind", "is_active", "groups")
    search_fields = ("username", "name", "email", "public_id")
    ordering = ("-pk",)
    fields = ("username", "name", "kind", "email", "phone", "roles", "is_active", "last_login", "date_joined", "public_id")
    readonly_fields = ("roles",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")  # type: ignore[no-any-return]

    @admin.display(description="역할")
    def roles(self, user: User) -> str:
        """The operator's roles in words."""
        return ", ".join(rights.LABELS.get(group.name, group.name) for group in user.groups.all()) or "–"
