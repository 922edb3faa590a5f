"""The task that compares what Envoy logged with what is on disk."""

from routing.agent.loss.audit import LossAudit
from routing.agent.loss.ledger import Ledger


class Envoy:
    """Its statistics, one answer after the other; the last one stays."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def stats(self, pattern):
        lines, unflushed = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return {
            "filesystem.write_buffered": str(lines),
            "filesystem.write_total_buffered": str(unflushed),
            "server.uptime": "5",
        }


async def test_it_waits_until_envoy_has_written_what_it_has():
    noted = []
    envoy = Envoy((10, 400), (10, 0))
    audit = LossAudit(envoy, Ledger(), lambda: 4, lambda: noted.append(1))
    assert await audit.look() == 6
    assert (audit.lost, noted) == (6, [1]) and audit.lost_at > 0
    assert await audit.look() == 0 and noted == [1]


async def test_an_envoy_that_never_pauses_loses_nothing_by_that():
    audit = LossAudit(Envoy((10, 400)), Ledger(), lambda: 4, lambda: None)
    assert await audit.look() == 0 and audit.lost == 0
