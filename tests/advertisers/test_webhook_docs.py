"""The receiver of docs/webhooks.md is run as it stands, against the running queue; its tables say what the product does."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from advertisers import webhooks
from advertisers.models import WebhookDelivery
from advertisers.webhooks import events
from tests.advertisers.receivers import endpoint, happens, run
from tests.tools import free_port

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "webhooks.md").read_text()


@contextmanager
def the_receiver(port, secret):
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    environment = {**os.environ, "PORT": str(port), "BOOST_WEBHOOK_SECRET": secret}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port):
    for _ in range(1_200):
        try:
            return httpx.get(f"http://127.0.0.1:{port}/", timeout=60, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the receiver did not start")


class TestTheExample:
    def test_int_03_takes_each_message_once_and_refuses_what_is_not_ours(self, minji, minji_user, settings, at):
        port = free_port()
        origin = f"http://127.0.0.1:{port}"
        settings.WEBHOOK_TRUSTED_ORIGINS = [origin]
        new = endpoint(minji, minji_user, f"{origin}/boost", at=at)
        with the_receiver(port, new.secret) as process:
            for number in (1, 2):
                happens(minji, f"low:{number}", at=at)
            run(at=at)
            webhooks.replay(advertiser=minji, delivery=WebhookDelivery.objects.order_by("number")[0].public_id, at=at)
            run(at=at)
            forged = {"webhook-id": "x", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,bm90IG91cnM="}
            assert httpx.post(origin, headers=forged, content=b"{}", trust_env=False).status_code == 401
        assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"DELIVERED"}
        assert process.stdout.read().splitlines() == ["1 credits.low", "2 credits.low"]


class TestTheTables:
    @pytest.mark.parametrize("declared", events.TYPES, ids=lambda one: one.key)
    def test_have_a_row_with_the_fields_of(self, declared):
        (row,) = re.findall(rf"^\| `{re.escape(declared.key)}` \|(.*)$", PAGE, re.MULTILINE)
        fields = set(declared.example)
        if "items" in fields:
            fields |= set(declared.example["items"][0])
        assert set(re.findall(r"`(\w+)`", row)) == fields

    def test_name_the_waits(self):
        words = {"초": 1, "분": 60, "시간": 3_600}
        (line,) = re.findall(r"처음 보낸 때부터 (.*?) 뒤에", PAGE)
        said = [timedelta(seconds=int(number) * words[unit]) for number, unit in re.findall(r"(\d+)(초|분|시간)", line)]
        assert said == webhooks.waits()
