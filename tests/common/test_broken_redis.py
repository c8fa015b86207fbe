"""The running product while its Redis refuses, is silent, and forgets: pages answer, and what was promised is done once."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.db import transaction
from django.utils import timezone

from common.models import Effect
from identity import notifications
from identity.models import User
from tests import factories
from tests.live import LiveProduct, database_url
from tests.tools import RedisServer, SilentServer, free_port, missing

LONGEST = 1.0  # seconds for an answer
DONE_WITHIN = 30.0
PAGES = ("/", "/pricing/", "/accounts/login/", "/luckffle/login/", "/backoffice/login/", "/readyz")


@pytest.fixture
def product(transactional_db: None, tmp_path: Path) -> Iterator[LiveProduct]:
    """Web and relay, told of a Redis at a port where nobody listens yet."""
    environment = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    started = LiveProduct(folder=tmp_path, database_url=database_url(), workers=1, environment=environment).start()
    yield started
    started.stop()


@pytest.mark.redis
@pytest.mark.xdist_group("live")
class TestABrokenRedis:
    def test_delays_no_answer_and_loses_no_effect(self, product: LiveProduct, tmp_path: Path) -> None:
        if shutil.which("redis-server") is None:
            missing("redis-server")
        port = int(product.environment["REDIS_URL"].rsplit(":", 1)[1].removesuffix("/0"))
        user = factories.UserFactory()

        self._restart_relay(product)
        self._promise(user, "refused")
        assert self._slow_or_broken(product) == {}
        assert self._all_done()
        assert set(Effect.objects.values_list("attempts", "failures")) == {(1, 0)}

        silent = SilentServer(port=port)
        self._restart_relay(product)
        self._promise(user, "silent")
        assert self._slow_or_broken(product) == {}
        assert self._all_done()
        assert set(Effect.objects.values_list("attempts", "failures")) == {(1, 0)}
        silent.close()

        redis = RedisServer(folder=tmp_path, port=port).start()
        try:
            self._restart_relay(product)
            self._promise(user, "forgotten")  # no worker runs: whatever is published waits in Redis
            self._until(lambda: b":5" in redis.say("LLEN celery"))
            redis.say("FLUSHALL")
            assert self._slow_or_broken(product) == {}
            product.end("relay")
            assert product.manage("run_effects", "--once").returncode == 0
        finally:
            redis.stop()
        assert self._all_done()
        assert Effect.objects.filter(attempts=1, failures=0).count() == 15
        assert product.log("relay").count("Traceback") == 0

    def _promise(self, user: User, about: str) -> None:
        """Five notices with mails, each in a commit of its own, as requests write them."""
        for number in range(5):
            with transaction.atomic():
                notifications.notify(
                    user=user, kind="tests.hello", title="안녕하세요", body="확인이에요.", key=f"{about}:{number}", at=timezone.now()
                )

    def _slow_or_broken(self, product: LiveProduct) -> dict[str, tuple[int, float]]:
        """Pages that did not answer 200 within a second. The best of three: the machine may be busy with other things."""
        seen: dict[str, tuple[int, float]] = {}
        with httpx.Client(base_url=product.origin, timeout=10, trust_env=False) as browser:
            for page in PAGES:
                times = []
                for _ in range(3):
                    began = time.monotonic()
                    status = browser.get(page).status_code
                    times.append(time.monotonic() - began)
                if status != 200 or min(times) > LONGEST:
                    seen[page] = (status, min(times))
        return seen

    def _restart_relay(self, product: LiveProduct) -> None:
        """A relay that asks the broker, remembers no message, and has not learned yet that the broker is ill."""
        if "relay" in product.processes:
            product.end("relay")
        product.spawn("relay", "manage", "relay")

    def _all_done(self) -> bool:
        return self._until(lambda: not Effect.objects.exclude(state=Effect.State.DONE).exists())

    def _until(self, reached: object) -> bool:
        deadline = time.monotonic() + DONE_WITHIN
        while not reached():  # type: ignore[operator]
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True
