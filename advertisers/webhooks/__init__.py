"""
Telling an advertiser's own servers what happened, by Standard Webhooks (docs/webhooks.md).

    webhooks.emit(advertiser=…, type=events.TOPPED_UP, key=f"order:{order_id}", data={…}, at=at)

writes the event in the transaction of its cause, once per key. Each endpoint has a queue: one event after the other, in order, the first
again and again with growing waits for 24 hours; then it is parked and the endpoint is switched off. Whoever looks after the receiver
switches it on again, and what waited goes out in the same order under the same ids.
"""

from advertisers.webhooks import events
from advertisers.webhooks.queue import emit, waits
from advertisers.webhooks.services import (
    EndpointGone,
    NotReplayable,
    ReceiverRefused,
    TooManyEndpoints,
    change,
    create,
    refuse_unsafe,
    remove,
    replay,
    rotate,
    skip,
    switch_off,
    switch_on,
    try_out,
)

__all__ = [
    "EndpointGone",
    "NotReplayable",
    "ReceiverRefused",
    "TooManyEndpoints",
    "change",
    "create",
    "emit",
    "events",
    "refuse_unsafe",
    "remove",
    "replay",
    "rotate",
    "skip",
    "switch_off",
    "switch_on",
    "try_out",
    "waits",
]
