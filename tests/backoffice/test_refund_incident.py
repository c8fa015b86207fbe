"""DEV-12: a refund whose cancel was not answered, carried to its end by the steps of docs/handbook/refund-incident.md and nothing else."""

from datetime import timedelta
from io import StringIO

import time_machine
from django.core.management import call_command
from django.utils import timezone

from backoffice import rights
from credits import selectors as credits
from payments.models import Refund
from tests.backoffice.pressing import at


def run(*line):
    out = StringIO()
    call_command(*line, stdout=out, stderr=out)
    return out.getvalue()


class TestTheGuide:
    def test_dev_12_leads_from_silence_to_money_that_went_back_once(self, cashier, minji, minji_user, desk):
        order = cashier.top_up(minji, minji_user, 100_000)
        refund = cashier.ask(order, minji_user)
        client, page = desk(rights.FINANCE), at("refund-detail", refund.public_id)
        cashier.sandbox.control("POST", "/faults", {"kind": "drop", "when": "after", "method": "POST", "path": "/cancel"})
        client.post(at("refund-approve", refund.public_id))
        cashier.work()
        assert "결제사의 답을 모르는 상태예요" in client.get(page).text

        told = run("reconcile_payments", "--order", order.order_id, "--dry-run")
        assert told.startswith(f"would look up {order.order_id}: PAID here, ")
        assert Refund.objects.get(pk=refund.pk).state == Refund.State.UNKNOWN

        with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
            assert "would ask about payments.refund " in run("run_effects", "--once", "--dry-run")
            run("run_effects", "--once")
            assert "환불이 끝났어요." in client.get(page).text
            assert "0 differences" in run("reconcile_payments", "--order", order.order_id)
            assert "Green: " in run("verify_ledger", "--stop-money")
        assert (len(cashier.cancels(order)), len(cashier.cancel_calls())) == (1, 1)
        assert credits.balance(minji).frozen == 0
