"""What the rows of people share: contacts are masked, and whoever needs one says why."""

from typing import ClassVar, cast

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from backoffice import masking, rights, services
from backoffice.admin.base import ReadOnlyAdmin, ReasonForm, decision
from backoffice.rights import Right
from backoffice.site import operator_of
from identity import phones
from identity.models import User


class PeopleAdmin(ReadOnlyAdmin):
    """Rows that belong to one person each. The contact is shown once, in a dialog, and the look is written down."""

    actions_detail: ClassVar[tuple[str, ...]] = ("show_contact",)

    def person_of(self, row: Model) -> User:
        """Whose row it is."""
        return cast(User, getattr(row, "user", row))

    def has_contact_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SEE_CONTACTS)

    @admin.display(description="로그인 아이디")
    def login_id(self, row: Model) -> str:
        """The login ID, masked when it is a contact."""
        return masking.login_id(self.person_of(row))

    @admin.display(description="이메일")
    def masked_email(self, row: Model) -> str:
        """The e-mail, masked."""
        return masking.email(self.person_of(row).email) or "–"

    @admin.display(description="휴대전화")
    def masked_phone(self, row: Model) -> str:
        """The phone number, masked."""
        return masking.phone(self.person_of(row).phone) or "–"

    @decision(
        "연락처 보기",
        icon="visibility",
        permission="contact",
        title="연락처를 볼까요?",
        consequence="누가 왜 봤는지 접속 기록과 활동 기록에 남아요.",
    )
    def show_contact(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        person = self.person_of(get_object_or_404(self.model, pk=object_id))
        services.look_at_contact(person=person, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return render(request, "backoffice/_contact.html", {"person": person, "phone": phones.local(person.phone)})
