"""Members of Luckffle."""

from django.contrib import admin

from backoffice.admin.base import ReadOnlyAdmin
from backoffice.rights import Right
from backoffice.site import site
from rewards.models import Member


@admin.register(Member, site=site)
class MemberAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("nickname", "public_id", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("nickname", "public_id")
    ordering = ("-pk",)
    fields = ("nickname", "public_id", "birth_year", "sex", "is_active", "tokens_valid_from", "created_at")
