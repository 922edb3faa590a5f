"""The verbs of the palette: for one Worker, and for all of Sluice."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Verb:
    """`words` with "{}" for a Worker's name; `also` are other words that people use for it.
    `suffix` follows the address: a query or a place on the page. `role` is the least one."""

    icon: str
    words: str
    kind: str
    route: str
    also: str = ""
    suffix: str = ""
    role: str = "viewer"

    @property
    def text(self) -> str:
        """All words that find it."""
        return f"{self.words.replace('{}', '')} {self.also}"

    def url(self, worker: str = "") -> str:
        if self.route == "playground:playground":
            return f"{reverse(self.route)}?worker={quote(worker)}"
        return reverse(self.route, args=[worker] if "{}" in self.words else []) + self.suffix


OF_A_WORKER = (
    Verb(
        "undo-2",
        "Roll back {}",
        "Deploy",
        "workers:rollback",
        "rollback revert undo",
        role="operator",
    ),
    Verb(
        "sliders-horizontal",
        "Set percentages of {}",
        "Deploy",
        "workers:split",
        "split change deploy canary ramp",
        role="operator",
    ),
    Verb(
        "arrow-up-right",
        "Step up {}",
        "Deploy",
        "workers:split",
        "increase next more ramp",
        role="operator",
    ),
    Verb(
        "circle-dashed",
        "Stage a version of {} at 0%",
        "Deploy",
        "workers:split",
        "zero candidate smoke",
        suffix="?percentage=0",
        role="operator",
    ),
    Verb(
        "circle-check",
        "Promote the candidate of {} to 100%",
        "Deploy",
        "workers:split",
        "full all",
        suffix="?percentage=100",
        role="operator",
    ),
    Verb(
        "send",
        "Send a request to {}",
        "Playground",
        "playground:playground",
        "test try override curl",
    ),
    Verb(
        "trending-up",
        "Start a rollout of {}",
        "Rollout",
        "rollouts:worker",
        "canary ramp automatic abort hold resume",
        role="operator",
    ),
    Verb(
        "share-2",
        "Share a version of {}",
        "Overrides",
        "overrides:worker",
        "link permission colleague protect override",
        suffix="#share",
        role="operator",
    ),
    Verb("radio", "Live log of {}", "Page", "invocations:log", "logs tail console stream watch"),
    Verb("activity", "Invocations of {}", "Page", "invocations:worker", "requests traces log logs"),
    Verb(
        "chart-column",
        "Observability of {}",
        "Page",
        "observability:worker",
        "charts errors latency metrics",
    ),
    Verb("layers", "Versions of {}", "Page", "workers:versions", "uploads history"),
    Verb("file-diff", "Compare two versions of {}", "Page", "workers:compare", "diff difference"),
    Verb(
        "pencil", "New version of {}", "Editor", "workers:edit", "edit code upload", "", "operator"
    ),
    Verb("settings", "Settings of {}", "Page", "workers:settings", "address domain account id"),
    Verb(
        "trash-2", "Delete {}", "Settings", "workers:settings", "remove destroy", "#delete", "admin"
    ),
)

GENERAL = (
    Verb("clipboard-check", "Reviews", "Page", "reviews:inbox", "approve approvals inbox waiting"),
    Verb("shield-check", "Policies", "Page", "policies:account", "rules approvals review who"),
    Verb(
        "book-open",
        "API reference",
        "Docs",
        "api:reference",
        "docs documentation openapi endpoints",
    ),
    Verb(
        "circle-question-mark",
        "Help",
        "Docs",
        "help",
        "docs documentation manual guide how keys shortcuts words",
    ),
    Verb("plus", "New Worker", "Editor", "workers:new", "create add upload", role="operator"),
    Verb(
        "users",
        "Invite a person",
        "People",
        "people:list",
        "user member team add account",
        role="admin",
    ),
    Verb(
        "key-round", "New API token", "People", "people:list", "key ci wrangler secret", "#tokens"
    ),
    Verb("user-round", "Your account", "Page", "account", "password sign out logout keyboard"),
)
