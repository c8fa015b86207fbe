"""Compare the gateway's book with ours. Exit codes: 0 nothing waits, 1 differences wait for a person, 2 the gateway was silent."""

import sys
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import clock
from common.kst import SEOUL
from common.provider import GatewayError
from identity.models import User
from payments import services
from payments.gateways import get_gateway
from payments.models import PaymentOrder
from payments.services import Report


class Command(BaseCommand):
    help = (
        "Compare payments with the gateway: one order, or everything whose money moved since a moment (ISO 8601, Korean time by default)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--order", help="one order id")
        which.add_argument("--since", type=_moment, help="2026-11-25 or 2026-11-25T09:00")

        parser.add_argument(
            "--dry-run", action="store_true", help="read both books and name what would be looked up, write nothing; exit 0 or 2"
        )
        parser.add_argument(
            "--recover-as", default="", metavar="LOGIN", help="after a restore: put lost orders back in this operator's name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["dry_run"]:
                self._look(options)
                return
            reports = list(self._reports(options))
        except PaymentOrder.DoesNotExist:
            raise CommandError(f"no order {options['order']}") from None
        except GatewayError as silence:
            self.stderr.write(f"the gateway could not be asked: {silence.code}")
            sys.exit(2)
        for name, report in reports:
            self.stdout.write(
                f"{name}: {report.seen} seen, {report.synced} looked up, {report.credited} credited, {len(report.open)} differences"
            )
            for line in report.open:
                self.stdout.write(f"  {line}")
        if not all(report.is_clean for _, report in reports):
            sys.exit(1)

    def _look(self, options: dict[str, Any]) -> None:
        """Say what would be looked up, made again and left to a person."""
        if options["order"]:
            self._look_at(options["order"])
            return
        until = clock.real_now()
        for name in settings.PAYMENT_GATEWAYS:
            found = services.outlook(gateway_name=name, since=options["since"], until=until)
            lost = services.lost_orders(gateway_name=name, since=options["since"], until=until) if options["recover_as"] else []
            self.stdout.write(
                f"{name}: would compare {found.seen}, look up {len(found.lookups)}, make {len(lost)} again, "
                f"{len(found.unknown)} payments have no order here"
            )
            for order_id in found.lookups:
                self.stdout.write(f"  would look up {order_id}")
            for order_id in lost:
                self.stdout.write(f"  would make again {order_id}")
            for ref, amount in found.unknown:
                self.stdout.write(f"  no order here: {ref}, {amount} won")

    def _look_at(self, order_id: str) -> None:
        order = PaymentOrder.objects.unscoped().get(order_id=order_id)
        remote = get_gateway(order.gateway).fetch(ref=order.ref)
        self.stdout.write(f"would look up {order_id}: {order.state} here, {remote.state.value} at {order.gateway}")

    def _reports(self, options: dict[str, Any]) -> "list[tuple[str, Report]]":
        if options["order"]:
            return [(options["order"], services.reconcile_order(order_id=options["order"], at=timezone.now()))]
        until = clock.real_now()
        if options["recover_as"]:
            return [(name, report) for name in settings.PAYMENT_GATEWAYS if (report := self._recover(name, options, until=until))]
        return [
            (name, services.reconcile(gateway_name=name, since=options["since"], until=until, at=timezone.now()))
            for name in settings.PAYMENT_GATEWAYS
        ]

    def _recover(self, name: str, options: dict[str, Any], *, until: datetime) -> Report:
        try:
            by = User.objects.get(username=options["recover_as"], kind=User.Kind.OPERATOR)
        except User.DoesNotExist:
            raise CommandError(f"no operator {options['recover_as']}") from None
        found = services.recover(gateway_name=name, since=options["since"], until=until, by=by, at=timezone.now())
        for order_id in found.orders:
            self.stdout.write(f"  made again: order {order_id}")
        for number in found.cancels:
            self.stdout.write(f"  booked: cancel {number}")
        return found.report


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=SEOUL)
