"""What a place can do. Pure. Texts are in `dashboard.cloud.messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    DEPLOY = "deploy"
    CONDITIONAL_DEPLOY = "conditional_deploy"
    CODE = "code"
    UPLOAD = "upload"
    PROOF = "proof"
    PROOF_LATER = "proof_later"
    REASON = "reason"
    SPREAD = "spread"
    COUNTS = "counts"
    SERVER_ERRORS = "server_errors"
    KEY_PREDICTION = "key_prediction"
    HOLD_CI = "hold_ci"
    APPROVALS = "approvals"


class Level(StrEnum):
    """`LIMITED`: it works, and `Support.why` says how it differs. What Sluice cannot do
    with Cloudflare's API yet is `NONE` as well."""

    FULL = "full"
    LIMITED = "limited"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Support:
    """`why` names a text; empty for `FULL`. `permission` would add it."""

    level: Level
    why: str = ""
    permission: str = ""

    @property
    def works(self) -> bool:
        return self.level is not Level.NONE


Table = Mapping[Capability, Support]
FULL = Support(Level.FULL)

EDGES: Table = dict.fromkeys(Capability, FULL)


def cloudflare_table(checklist: Mapping[str, bool | None]) -> Table:
    """Of an account whose token can do what `checklist` says; None there is not tried yet."""

    def needs(check: str, permission: str, level: Level, why: str) -> Support:
        if checklist.get(check) is False:
            return Support(Level.NONE, f"no_{check}", permission)
        return Support(level, why) if why else FULL

    never = {
        Capability.REASON: Support(Level.NONE, "reason_unknown"),
        Capability.KEY_PREDICTION: Support(Level.NONE, "hash_unknown"),
        Capability.HOLD_CI: Support(Level.NONE, "ci_deploys_directly"),
        Capability.APPROVALS: Support(Level.LIMITED, "approvals_advisory"),
    }
    limited, full = Level.LIMITED, Level.FULL
    return never | {
        Capability.DEPLOY: needs("deploy", "Workers Scripts: Edit", full, ""),
        Capability.CONDITIONAL_DEPLOY: Support(limited, "no_condition"),
        Capability.CODE: needs("code", "Workers Scripts: Read", full, ""),
        Capability.UPLOAD: _upload(checklist),
        Capability.PROOF: needs("tail", "Workers Tail: Read", limited, "proof_by_tail"),
        Capability.SPREAD: needs("tail", "Workers Tail: Read", limited, "spread_by_probes"),
        Capability.PROOF_LATER: needs(
            "logs", "Workers Observability: Edit", limited, "proof_by_logs"
        ),
        Capability.COUNTS: needs("counts", "Account Analytics: Read", limited, "counts_late"),
        Capability.SERVER_ERRORS: needs(
            "logs", "Workers Observability: Edit", limited, "errors_by_logs"
        ),
    }


def _upload(checklist: Mapping[str, bool | None]) -> Support:
    """Needs the code, which the next version is a copy of."""
    for check, permission in (("deploy", "Edit"), ("code", "Read")):
        if checklist.get(check) is False:
            return Support(Level.NONE, f"no_{check}", f"Workers Scripts: {permission}")
    return Support(Level.LIMITED, "upload_inherits")
