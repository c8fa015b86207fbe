"""What every model page shares: read-only by default, decisions through services with a reason."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from psycopg.errors import UniqueViolation
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from backoffice import exporting, rights
from backoffice.rights import Right
from backoffice.site import after, operator_of
from backoffice.words import word_of
from common.errors import DomainError
from common.provider import GatewayError
from common.templatetags.boost import status, won

F = TypeVar("F", bound=Callable[..., HttpResponse])


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Look, search and filter. Adding, changing and deleting are refused for everybody; `sees` says who may look."""

    sees: ClassVar[Right]
    actions: ClassVar[tuple[str, ...] | None] = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = False
    list_fullwidth = True
    list_after_template = "backoffice/_export.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; sent back with a reason, the list as a file."""
        may_export = rights.has(request.user, Right.EXPORT)
        if request.method == "POST" and "_export" in request.POST and may_export and self.has_view_permission(request):
            try:
                shown = self.get_changelist_instance(request)
                kind, reason = request.POST["_export"], request.POST.get("reason", "")
                return exporting.export(shown, kind=kind, reason=reason, by=operator_of(request), at=timezone.now())
            except DomainError as refusal:
                messages.error(request, str(refusal))
                return HttpResponseRedirect(request.get_full_path())
        return super().changelist_view(request, {"may_export": may_export, **(extra_context or {})})  # type: ignore[no-any-return]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A row; what another operator made in the same moment is not made twice."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            messages.error(request, "다른 운영자가 같은 것을 먼저 만들었어요. 목록에서 확인해 주세요.")
            return HttpResponseRedirect(reverse(f"backoffice:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, self.sees)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, self.sees)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):  # type: ignore[misc]
    """Rows of a row, to look at."""

    extra = 0
    can_delete = False
    show_change_link = True
    tab = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return tuple(self.fields)  # also what Django keeps out of forms, such as the moment of creation

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # whoever may see the row may see its parts

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReasonForm(BaseDialogForm):  # type: ignore[misc]
    """The dialog of every decision: why."""

    reason = forms.CharField(label="이유", max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class ConfirmForm(BaseDialogForm):  # type: ignore[misc]
    """A dialog that only asks whether; the checkbox makes it a deliberate press."""

    sure = forms.BooleanField(label="내용을 확인했어요", widget=UnfoldBooleanSwitchWidget)


def decision(
    label: str, *, icon: str, permission: str, title: str, consequence: str, form_class: type[BaseDialogForm] = ReasonForm
) -> Callable[[F], F]:
    """
    Make a model page's method a button with a dialog. The dialog is what makes the change a POST with a reason: without it the
    theme links to a GET that would change state.

    permission: name of the admin's `has_…_permission`.   title: the question.   consequence: what happens then.
    """
    dialog = {"title": title, "description": consequence, "form_class": form_class, "form_submit_text": label}
    return cast(Callable[[F], F], action(description=label, icon=icon, permissions=[permission], dialog=dialog))


def status_column(enum: str, *, field: str = "state", label: str = "상태") -> Callable[[Any, Model], str]:
    """Make a list column that shows a stored state with the word and tone people see. Maps: common/statuses.py."""

    @admin.display(description=label, ordering=field)
    def column(self: Any, row: Model) -> str:
        return status(enum, getattr(row, field))

    return column


def word_column(field: str, *, label: str = "종류") -> Callable[[Any, Model], str]:
    """Make a list column that shows a stored code in words. Maps: backoffice/words.py."""

    @admin.display(description=label, ordering=field)
    def column(self: Any, row: Model) -> str:
        return word_of(getattr(row, field))

    return column


def person_column(field: str, *, label: str) -> Callable[[Any, Model], str]:
    """Make a column that shows a person by name; a dash without one."""

    @admin.display(description=label, ordering=f"{field}__name")
    def column(self: Any, row: Model) -> str:
        person = getattr(row, field)
        return person.get_full_name() if person else "–"

    return column


def won_column(field: str, *, label: str) -> Callable[[Any, Model], str]:
    """Make a column that shows whole won."""

    @admin.display(description=label, ordering=field)
    def column(self: Any, row: Model) -> str:
        return won(getattr(row, field))

    return column


@contextmanager
def refusals_as_messages(request: HttpRequest, *, done: str = "") -> Iterator[None]:
    """Show a refusal of the domain, or the silence of a supplier, as an error message of the page; done: what is said without one."""
    try:
        yield
        if done:
            messages.success(request, done)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    except GatewayError:
        messages.error(request, "결제사나 은행에 확인하지 못해서 아무것도 바꾸지 않았어요. 잠시 후 다시 눌러 주세요.")


def hx_redirect(request: HttpRequest, name: str, *args: Any) -> HttpResponse:
    """Go on to a named page of the site after an action."""
    return after(request, reverse(name, args=args))
