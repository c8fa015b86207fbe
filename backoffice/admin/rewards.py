"""Members of Luckffle."""

from django.contrib import admin

from backoffice.admin.people import PeopleAdmin
from backoffice.rights import Right
from backoffice.site import site
from rewards.models import Member


@admin.register(Member, site=site)
class MemberAdmin(PeopleAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("nickname", "masked_phone", "is_active", "created_at", "public_id")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("nickname", "public_id")
    ordering = ("-pk",)
    fields = ("nickname", "masked_phone", "birth_year", "sex", "is_active", "tokens_valid_from", "created_at", "public_id")
    readonly_fields = ("masked_phone",)
