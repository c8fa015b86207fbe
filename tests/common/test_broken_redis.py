"""The running product while its Redis refuses, is silent, and forgets: pages answer, and what was promised is done once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.models import Effect
from tests import factories
from tests.common.outages import all_done, promise, slow_or_broken, until
from tests.live import LiveProduct, database_url
from tests.tools import RedisServer, SilentServer, free_port, missing


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
        user = factories.MembershipFactory().user

        self._restart_relay(product)
        promise(user, "refused")
        assert slow_or_broken(product, user=user) == {}
        assert all_done()
        assert set(Effect.objects.values_list("attempts", "failures")) == {(1, 0)}

        silent = SilentServer(port=port)
        self._restart_relay(product)
        promise(user, "silent")
        assert slow_or_broken(product, user=user) == {}
        assert all_done()
        assert set(Effect.objects.values_list("attempts", "failures")) == {(1, 0)}
        silent.close()

        redis = RedisServer(folder=tmp_path, port=port).start()
        try:
            self._restart_relay(product)
            promise(user, "forgotten")  # no worker runs: whatever is published waits in Redis
            assert until(lambda: b":5" in redis.say("LLEN celery"))
            redis.say("FLUSHALL")
            product.end("relay")  # a lease after it published it would work them itself, and a slow machine may need as long
            assert Effect.objects.filter(state=Effect.State.NEW, attempts=0).count() == 5
            assert slow_or_broken(product, user=user) == {}
            assert product.manage("run_effects", "--once").returncode == 0
        finally:
            redis.stop()
        assert all_done()
        assert Effect.objects.filter(attempts=1, failures=0).count() == 15
        assert product.log("relay").count("Traceback") == 0

    def _restart_relay(self, product: LiveProduct) -> None:
        """A relay that asks the broker, remembers no message, and has not learned yet that the broker is ill."""
        if "relay" in product.processes:
            product.end("relay")
        product.spawn("relay", "manage", "relay")
