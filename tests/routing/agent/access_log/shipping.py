"""A control plane for shippers, the shippers, and what Envoy writes for them."""

import json
from pathlib import Path

from routing.agent.access_log.shipper import AccessLogShipper
from tests.routing.agent.access_log.test_log_rows import line


class Receiver:
    """Stands for the control plane; `failures` are raised first, one each."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.batches = []

    async def send(self, body):
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(json.loads(body))

    @property
    def ids(self):
        return [row["request_id"] for batch in self.batches for row in batch["rows"]]


def make_shipper(receiver, per_second=1000, limit_bytes=1 << 20):
    reopened = []

    async def reopen():
        reopened.append(1)
        for name in ("public", "proof", "internal"):
            Path(f"log/{name}.log").touch()

    shipper = AccessLogShipper(
        send=receiver.send, reopen=reopen, per_second=per_second, limit_bytes=limit_bytes
    )
    shipper.reopened = reopened
    return shipper


def log(*ids, listener="public", **fields):
    with open(f"log/{listener}.log", "ab") as stream:
        for line_id in ids:
            stream.write(line(line=line_id, listener=listener, **fields) + b"\n")


async def ship_all(shipper):
    while await shipper.ship_once():
        pass
