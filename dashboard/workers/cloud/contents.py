"""What is in a version of a connected account. Versions never change."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.cloud.accounts.access import capabilities_of, provider_of
from dashboard.cloud.messages import WHY
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.values import ModuleContent, VersionCode, VersionDetail
from dashboard.cloud.readings import Reading, reading
from dashboard.cloud.worker_readings import UNCHANGING, version_of
from dashboard.workers.queries.module_text import IN_ALL, LARGEST, ModuleText, shown_text
from dashboard.workers.queries.version_facts import HIDDEN, Fact, binding_fact


@dataclass(frozen=True, slots=True)
class Contents:
    """`code` has texts of limited size. `problem`: why the version itself was not read."""

    detail: VersionDetail | None
    problem: str
    code: Reading[Sequence[ModuleText]]

    @property
    def files(self) -> Sequence[ModuleText]:
        return self.code.value or ()

    @property
    def bindings(self) -> list[Fact]:
        rows = self.detail.bindings if self.detail else ()
        return sorted((binding_fact(row) for row in rows), key=lambda fact: fact.name)

    @property
    def settings(self) -> list[Fact]:
        if self.detail is None:
            return []
        return [
            Fact("Compatibility date", self.detail.compatibility_date),
            Fact("Compatibility flags", " ".join(self.detail.compatibility_flags)),
        ]

    @property
    def has_secrets(self) -> bool:
        return any(fact.value == HIDDEN for fact in self.bindings)


def contents_of(account: CloudAccount, name: str, version_id: str, now: datetime) -> Contents:
    """Two calls at most."""

    read = version_of(account, name, version_id, now)
    return Contents(read.value, read.problem, code_of(account, name, version_id, now))


def code_of(
    account: CloudAccount, name: str, version_id: str, now: datetime
) -> Reading[Sequence[ModuleText]]:
    support = capabilities_of(account)[Capability.CODE]
    if not support.works:
        return Reading(problem=WHY[support.why])

    def texts() -> Sequence[ModuleText]:
        return module_texts(provider_of(account).code(name, version_id))

    return reading(account, f"code.{name}.{version_id}", texts, now, UNCHANGING)


def module_texts(code: VersionCode) -> list[ModuleText]:
    """Modules in the order of the API; text where that is text and small enough."""
    left = IN_ALL
    texts = []
    for position, module in enumerate(code.modules):
        fits = len(module.content) <= min(LARGEST, left)
        left -= len(module.content) if fits else 0
        texts.append(_text(module, position, module.name == code.main, fits))
    return texts


def _text(module: ModuleContent, position: int, is_main: bool, fits: bool) -> ModuleText:
    text, why = shown_text(module.content if fits else None)
    return ModuleText(
        name=module.name,
        content_type=module.content_type,
        position=position,
        size=len(module.content),
        sha256=hashlib.sha256(module.content).hexdigest(),
        is_main=is_main,
        text=text,
        why=why,
    )
