"""The example of docs/postbacks.md is run as it stands, against the running door."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from campaigns.models import PostbackLog
from campaigns.postbacks import keys
from campaigns.postbacks.networks import NETWORKS
from credits import selectors as credits
from tests.campaigns.test_postbacks import click_of

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "postbacks.md").read_text()


def example(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


@pytest.fixture
def at():
    """The door looks at the real clock."""
    return timezone.now() - timedelta(minutes=20)


@pytest.fixture
def told(launch, suji, at, live_server):
    """The environment of a developer whose member has just clicked."""
    campaign = launch(type="ACTION")
    key = keys.key_of(campaign, is_test=False)
    facts = {
        "BOOST_ORIGIN": live_server.url, "BOOST_KEY": key, "BOOST_SECRET": keys.secret_of(key),
        "CLICK_ID": click_of(suji, campaign, at), "EVENT": "signup", "TRANSACTION": "order-1",
    }  # fmt: skip
    return {**os.environ, **facts}


class TestDev:
    def test_int_01_the_python_example_confirms_and_says_it_again(self, told, suji):
        call = 'print(send_conversion(os.environ["CLICK_ID"], os.environ["EVENT"], os.environ["TRANSACTION"])[1]["result"])\n'
        script = example("python") + "\n" + call * 2
        said = subprocess.run([sys.executable, "-c", script], env=told, capture_output=True, text=True, timeout=180)
        assert (said.stdout.split(), credits.member_tickets(suji.pk)) == (["confirmed", "repeated"], 1), said.stderr

    def test_int_02_every_answer_of_the_door_is_explained_with_its_status(self):
        table = PAGE.split("| `result` |")[1].split("\n\n")[0]
        written = {name: int(row.split("|")[2]) for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
        way = NETWORKS["hmac"]
        assert written == {outcome.lower(): way.status(outcome) for outcome in PostbackLog.Outcome}
