"""One id from the request of a person to the log line of the process that carried it out, minutes later and elsewhere."""

import json
import logging

import pytest
import structlog
from django.utils import timezone

from common import logs
from common.effects import Outcome, Result
from common.models import Effect
from common.tasks import work_effect
from identity.models import AccessLog


@pytest.fixture
def lines():
    """Log lines as dictionaries, as the product writes them."""
    written: list[dict] = []
    formatter = logs.LOGGING_FOR(level="INFO", pretty=False)["formatters"]["line"].copy()
    made = formatter.pop("()")(**formatter)

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(json.loads(made.format(record)))

    handler = Keep()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


class TestTheIdOfARequest:
    def test_goes_into_what_is_written_down_and_differs_each_time(self, db, client):
        """Ours, never one that a stranger sends: it could be somebody else's."""
        for _ in range(2):
            client.post("/accounts/login/", {"login": "nobody", "password": "wrong"}, headers={"X-Request-ID": "theirs"})
        ids = list(AccessLog.objects.values_list("request_id", flat=True))
        assert (len(ids), len(set(ids)), {len(one) for one in ids}) == (2, 2, {36})

    def test_is_forgotten_after_the_answer(self, db, client):
        client.get("/healthz", headers={"X-Request-ID": "req-1"})
        assert "request_id" not in structlog.contextvars.get_contextvars()


class TestTheIdOfAnEffect:
    def test_stands_in_every_line_of_its_handler_also_inside_a_task_of_another_request(self, db, courier, add, lines):
        def talk(effect: Effect) -> Outcome:
            logging.getLogger("some.library").warning("half way")
            return Outcome(Result.DONE)

        courier.on_send = talk
        with structlog.contextvars.bound_contextvars(request_id="req-of-the-cause"):
            effect = add(at=timezone.now())
        with structlog.contextvars.bound_contextvars(request_id="req-of-somebody-else"):
            work_effect.apply(args=(effect.pk,)).get()
        [said] = [line for line in lines if line["event"] == "half way"]
        assert (said["request_id"], said["effect"], said["logger"]) == ("req-of-the-cause", "thing:1", "some.library")
