"""The only way from a request to an order or a refund: strangers find nothing, weak roles are refused."""

from uuid import UUID

from django.http import Http404, HttpRequest

from advertisers.access import membership_of, require_role
from payments.models import PaymentOrder, Refund, SavedCard


def get_order(request: HttpRequest, order_id: str, *, roles: frozenset[str] | None = None) -> PaymentOrder:
    """
    The order, if it belongs to the advertiser the signed-in person acts for.

    :raises Http404: it does not, or there is none.
    :raises PermissionDenied: the person's role is not one of `roles`.
    """
    membership = membership_of(request)
    orders = PaymentOrder.objects.owned_by(membership.advertiser).select_related("advertiser", "created_by")
    order = orders.filter(order_id=order_id).first()
    if order is None:
        raise Http404("no such order of this advertiser")
    if roles is not None:
        require_role(membership, roles)
    return order


def get_refund(request: HttpRequest, public_id: UUID, *, roles: frozenset[str] | None = None) -> Refund:
    """
    The refund, if it belongs to the advertiser the signed-in person acts for.

    :raises Http404: it does not, or there is none.
    :raises PermissionDenied: the person's role is not one of `roles`.
    """
    membership = membership_of(request)
    refund = Refund.objects.owned_by(membership.advertiser).select_related("order__advertiser").filter(public_id=public_id).first()
    if refund is None:
        raise Http404("no such refund of this advertiser")
    if roles is not None:
        require_role(membership, roles)
    return refund


def get_card(request: HttpRequest, public_id: UUID, *, roles: frozenset[str]) -> SavedCard:
    """
    The card, if it belongs to the advertiser the signed-in person acts for.

    :raises Http404: it does not, or there is none.
    :raises PermissionDenied: the person's role is not one of `roles`.
    """
    membership = membership_of(request)
    cards = SavedCard.objects.owned_by(membership.advertiser).select_related("advertiser", "asked_by")
    card = cards.filter(public_id=public_id).first()
    if card is None:
        raise Http404("no such card of this advertiser")
    require_role(membership, roles)
    return card
