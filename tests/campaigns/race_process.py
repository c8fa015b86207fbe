"""A process that starts participations through the service from many threads: one line of JSON in, one line of counts out."""

import json
import logging
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import django


def main(threads: int) -> None:
    django.setup()
    logging.disable(logging.INFO)
    from campaigns import services  # only after setup
    from common.errors import DomainError
    from tests.connecting import connect_patiently

    def run(campaign, jobs, barrier, mine):
        counts = Counter()
        connect_patiently()
        barrier.wait(timeout=60)
        for member, moment in jobs[mine::threads]:
            try:
                services.start(member=member, campaign=campaign, device="android/chrome", at=datetime.fromisoformat(moment))
                counts["won"] += 1
            except DomainError as refusal:
                counts[refusal.code] += 1
            except Exception as crash:
                counts[type(crash).__name__] += 1
        return counts

    with ThreadPoolExecutor(threads) as pool:
        for line in sys.stdin:
            asked = json.loads(line)
            barrier, campaign = threading.Barrier(threads), UUID(asked["campaign"])
            counts = sum(pool.map(lambda n, a=asked, b=barrier, c=campaign: run(c, a["jobs"], b, n), range(threads)), Counter())
            sys.stdout.write(json.dumps(counts) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
