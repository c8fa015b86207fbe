"""The ledger, to look at. Nobody edits money rows; the proof may be run."""

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.html import format_html

from backoffice.admin.base import ReadOnlyAdmin, ReadOnlyInline, status_column
from backoffice.proof_links import linked, searched
from backoffice.rights import Right
from backoffice.site import site
from credits.models import Account, DayDigest, Entry, Hold, HoldPart, Lot, Posting, ProofRun


@admin.register(Account, site=site)
class AccountAdmin(ReadOnlyAdmin):
    sees = Right.SEE_LEDGER
    list_display = ("owner", "kind", "unit", "balance", "pk")
    list_filter = ("unit", "kind")
    list_select_related = ("advertiser",)
    search_fields = ("advertiser__name", "member_id")
    ordering = ("-pk",)
    fields = ("owner", "kind", "unit", "balance")
    readonly_fields = ("owner",)

    @admin.display(description="주인", ordering="advertiser__name")
    def owner(self, account: Account) -> str:
        """Whose it is, in words."""
        if account.advertiser is not None:
            return account.advertiser.name
        return f"회원 {account.member_id}" if account.member_id else "하우스"


class PostingInline(ReadOnlyInline):
    model = Posting
    fields = ("account", "owner", "kind", "lot", "amount", "balance_after")
    readonly_fields = ("owner", "kind")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        rows: QuerySet[Posting] = super().get_queryset(request)
        return rows.select_related("account__advertiser", "lot").order_by("pk")

    @admin.display(description="주인")
    def owner(self, posting: Posting) -> str:
        """Whose account it is on."""
        if posting.account.advertiser is not None:
            return posting.account.advertiser.name
        return f"회원 {posting.account.member_id}" if posting.account.member_id else "하우스"

    @admin.display(description="계정 종류")
    def kind(self, posting: Posting) -> str:
        """The kind of the account."""
        return posting.account.kind


@admin.register(Entry, site=site)
class EntryAdmin(ReadOnlyAdmin):
    sees = Right.SEE_LEDGER
    list_display = ("booked_at", "advertiser", "kind_shown", "amount", "order_id", "subject", "reason", "actor", "pk")
    list_filter = ("kind", "booked_on")
    list_select_related = ("advertiser",)
    search_fields = ("advertiser__name", "order_id", "idempotency_key", "subject")
    ordering = ("-pk",)
    inlines = (PostingInline,)
    kind_shown = status_column("ledger", field="kind", label="종류")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        moved = Posting.objects.filter(entry=OuterRef("pk"), amount__gt=0).order_by().values("entry").annotate(n=Sum("amount")).values("n")
        return super().get_queryset(request).annotate(moved=Subquery(moved))  # type: ignore[no-any-return]

    @admin.display(description="움직인 양")
    def amount(self, entry: Entry) -> str:
        """What moved from one side to the other."""
        return f"{getattr(entry, 'moved', None) or 0:,}"


@admin.register(Lot, site=site)
class LotAdmin(ReadOnlyAdmin):
    sees = Right.SEE_LEDGER
    list_display = (
        "granted_at", "advertiser", "kind", "order_id",
        "granted", "available", "held", "frozen", "used", "returned", "expired", "expires_at",
    )  # fmt: skip
    list_filter = ("kind",)
    list_select_related = ("advertiser",)
    search_fields = ("advertiser__name", "order_id")
    ordering = ("-pk",)


class HoldPartInline(ReadOnlyInline):
    model = HoldPart
    fields = ("lot", "placed", "captured", "released")
    show_change_link = False


@admin.register(Hold, site=site)
class HoldAdmin(ReadOnlyAdmin):
    sees = Right.SEE_LEDGER
    list_display = ("placed_at", "advertiser", "subject_label", "placed", "captured", "released", "still_open")
    list_filter = ("placed_at",)
    list_select_related = ("advertiser",)
    search_fields = ("advertiser__name", "subject", "subject_label")
    ordering = ("-pk",)
    inlines = (HoldPartInline,)

    @admin.display(description="남음")
    def still_open(self, hold: Hold) -> int:
        """Credits still reserved."""
        return hold.open


@admin.register(DayDigest, site=site)
class DayDigestAdmin(ReadOnlyAdmin):
    sees = Right.SEE_LEDGER
    list_display = ("day_on", "entries", "postings", "closed_at", "hash")
    list_filter = ("day_on",)
    search_fields = ("hash", "day_on")
    ordering = ("-day_on",)


@admin.register(ProofRun, site=site)
class ProofRunAdmin(ReadOnlyAdmin):
    sees = Right.SEE_LEDGER
    list_display = ("ran_at", "is_green", "found", "hash")
    search_fields = ("hash",)
    list_filter = ("is_green",)
    ordering = ("-pk",)
    fields = ("ran_at", "is_green", "found", "rows", "searches", "previous_hash", "hash")
    readonly_fields = ("found", "rows", "searches")

    @admin.display(description="차이")
    def found(self, run: ProofRun) -> int:
        """How many differences it found in all."""
        return sum(run.counts.values())

    @admin.display(description="차이와 거래")
    def rows(self, run: ProofRun) -> str:
        """Every difference; what it names leads to its page."""
        return format_html("<ul>{}</ul>", linked(run.differences)) if run.differences else "–"

    @admin.display(description="항목별 차이 수")
    def searches(self, run: ProofRun) -> str:
        """How many rows broke the sentences of each code."""
        return format_html("<ul>{}</ul>", searched(run.counts))
