"""The only way from a request to an inquiry: strangers find nothing, and nobody outside finds a note of the operators."""

from uuid import UUID

from django.http import Http404, HttpRequest

from advertisers.access import membership_of
from identity.models import User
from inquiries.models import Attachment, Inquiry, MessageQuerySet


def get_team_inquiry(request: HttpRequest, public_id: UUID) -> Inquiry:
    """
    The inquiry, if the team asked it that the signed-in person acts for.

    :raises Http404: it did not, or there is none.
    """
    found = Inquiry.objects.owned_by(membership_of(request).advertiser).filter(public_id=public_id).first()
    if found is None:
        raise Http404("no such inquiry of this advertiser")
    return found


def get_own_inquiry(user: User, public_id: UUID) -> Inquiry:
    """
    The inquiry, if this member of the reward app asked it.

    :raises Http404: they did not, or there is none.
    """
    found = Inquiry.objects.asked_by(user).filter(public_id=public_id).first()
    if found is None:
        raise Http404("no such inquiry of this member")
    return found


def messages_of(inquiry: Inquiry) -> MessageQuerySet:
    """What may be shown outside, oldest first."""
    shown = inquiry.messages.visible_outside().select_related("author").prefetch_related("attachments")
    return shown.order_by("pk")  # type: ignore[no-any-return]


def get_team_attachment(request: HttpRequest, public_id: UUID) -> Attachment:
    """
    A file of a thread of the team that the signed-in person acts for.

    :raises Http404: it is another's, or of a note of the operators.
    """
    mine = Inquiry.objects.owned_by(membership_of(request).advertiser)
    found = Attachment.objects.visible_outside().filter(public_id=public_id, message__inquiry__in=mine).first()
    if found is None:
        raise Http404("no such file of this advertiser")
    return found


def get_own_attachment(user: User, public_id: UUID) -> Attachment:
    """
    A file of a thread that this member of the reward app began.

    :raises Http404: it is another's, or of a note of the operators.
    """
    mine = Inquiry.objects.asked_by(user)
    found = Attachment.objects.visible_outside().filter(public_id=public_id, message__inquiry__in=mine).first()
    if found is None:
        raise Http404("no such file of this member")
    return found


def get_guest_attachment(inquiry: Inquiry, public_id: UUID) -> Attachment:
    """
    A file of the thread whose link a guest has shown.

    :raises Http404: it is another's, or of a note of the operators.
    """
    found = Attachment.objects.visible_outside().filter(public_id=public_id, message__inquiry=inquiry).first()
    if found is None:
        raise Http404("no such file of this inquiry")
    return found
