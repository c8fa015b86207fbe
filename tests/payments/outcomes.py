"""What a top-up may end in, as tests ask for it."""

from django.urls import reverse

from credits.models import Entry, Lot
from identity.models import Notification
from payments.models import PaymentOrder

State = PaymentOrder.State


def complete(client, order, **said):
    return client.get(reverse("payments:order-complete", args=[order.order_id]), said)


def notices(kind="payments.paid"):
    return list(Notification.objects.filter(kind=kind))


def credited_once(till, order, credits=100_000, bonus=0):
    """One entry, one lot, one credit."""
    assert till.balance().available == credits + bonus
    assert Entry.objects.filter(kind=Entry.Kind.TOP_UP).count() == 1
    assert Lot.objects.filter(kind=Lot.Kind.PAID).count() == 1
    order.refresh_from_db()
    assert order.state == State.PAID
    return True


def nothing_credited(till, order):
    order.refresh_from_db()
    assert till.balance().available == 0
    assert not Entry.objects.exists()
    assert not order.is_credited
    return True
