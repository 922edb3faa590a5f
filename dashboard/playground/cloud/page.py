"""What the page shows about one request, before it is sent and beside its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.accounts.models import Role as PersonRole, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.egress import admission
from dashboard.cloud.messages import WHY
from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.roles import roles_of
from dashboard.cloud.provider.values import DeploymentSummary, VersionSummary
from dashboard.cloud.readings import Reading
from dashboard.cloud.tails import watches
from dashboard.cloud.tails.watches import TailStatus
from dashboard.cloud.worker_readings import deployments_of, version_of, versions_of
from dashboard.fleet.version_roles import WORDS, Role
from dashboard.playground.cloud import messages
from dashboard.playground.cloud.models import CloudSend
from dashboard.playground.cloud.override import Forecast, forecast
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.typed_request import METHODS, READS, TypedRequest

MARKS = {Role.STABLE: "■", Role.CANDIDATE: "◆", Role.STAGED: "◇"}
MOST_BEHIND = 3
"""Workers behind the entry that the page offers overrides for: one call each."""
LISTED = 30
BODY_KINDS = (("text", "Text"), ("json", "JSON"), ("form", "Form"), ("file", "File"))


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """One version of a live deployment. `percentage` is 0 to 100."""

    id: str
    role: Role
    percentage: float
    tag: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.role] if self.role is not Role.PREVIOUS else "Version"

    @property
    def label(self) -> str:
        mark, share = MARKS.get(self.role, "○"), f"{self.percentage:.3f}".rstrip("0").rstrip(".")
        return " ".join(p for p in (mark, self.word, self.id[:8], self.tag, f"{share}%") if p)


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """What is live of one Worker. `shares` is None if that was not read."""

    name: str
    read: Reading[Sequence[DeploymentSummary]]
    versions: Sequence[LiveVersion]
    all_versions: Sequence[VersionSummary] = ()

    @property
    def shares(self) -> Mapping[str, float] | None:
        return {v.id: v.percentage for v in self.versions} if self.read.known else None

    def role_of(self, version_id: str) -> Role:
        found = (v.role for v in self.versions if v.id == version_id)
        return next(found, Role.PREVIOUS)


@dataclass(frozen=True, slots=True)
class Pick:
    """A Worker in the override builder."""

    live: LiveWorker
    picked: str
    is_entry: bool
    others: Sequence[VersionSummary] = ()


@dataclass(frozen=True, slots=True)
class ShownForecast:
    forecast: Forecast
    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderPage:
    """What an override will do, for the fragment beside the builder."""

    account: CloudAccount
    worker: str
    typed: TypedRequest
    picks: Sequence[Pick]
    forecasts: Sequence[ShownForecast]
    live: LiveWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPlaygroundPage(BuilderPage):
    """`why_off`: why nothing can be sent; empty if it can. `keys_off`: why version keys cannot be
    predicted. `proof_off`: why no tail can prove anything."""

    followed: FollowedWorker
    workers: Sequence[str]
    can: Permission
    can_admin: Permission
    why_off: str
    keys_off: str
    proof_off: str
    tail: TailStatus
    exports: Sequence[tuple[str, str]]
    entries: Sequence[CloudSend]
    entry: CloudSend | None = None
    variables: Sequence[object] = ()
    methods: Sequence[str] = METHODS
    reads: Sequence[str] = READS
    body_kinds: Sequence[tuple[str, str]] = BODY_KINDS


def builder_page(account: CloudAccount, typed: TypedRequest, now: datetime) -> BuilderPage:
    live = live_worker(account, typed.worker, now)
    behind = [live_worker(account, name, now) for name in _names_behind(account, live, now)]
    picks = [_pick(worker, typed) for worker in (live, *behind)]
    return BuilderPage(
        account=account,
        worker=typed.worker,
        typed=typed,
        picks=picks,
        forecasts=[_forecast(pick.live, typed) for pick in picks],
        live=live,
    )


def playground_page(
    account: CloudAccount,
    followed: FollowedWorker,
    typed: TypedRequest,
    user: User,
    now: datetime,
    entry: CloudSend | None = None,
) -> CloudPlaygroundPage:
    """Watches the Worker, so that its tail is open when a request is sent."""
    table, can = capabilities_of(account), permission(user, PersonRole.OPERATOR)
    proof, keys = table[Capability.PROOF], table[Capability.KEY_PREDICTION]
    off = admission.why_off(account, followed.name) or ("" if can else can.why)
    if proof.works and not off:
        watches.watch(account, followed.name, now)
    builder = builder_page(account, typed, now)
    return CloudPlaygroundPage(
        **{name: getattr(builder, name) for name in BuilderPage.__dataclass_fields__},
        followed=followed,
        workers=[row.name for row in account.workers.all()],
        can=can,
        can_admin=permission(user, PersonRole.ADMIN),
        why_off=off,
        keys_off="" if keys.works else WHY[keys.why],
        proof_off="" if proof.works else WHY[proof.why],
        tail=watches.tail_status(account, followed.name, now),
        exports=exports(typed),
        entries=entries_of(account, user),
        entry=entry,
    )


def entries_of(account: CloudAccount, user: User) -> list[CloudSend]:
    rows = CloudSend.objects.filter(account=account, person=user)
    return list(rows.defer("body", "headers", "request", "facts")[:LISTED])


def live_worker(account: CloudAccount, name: str, now: datetime) -> LiveWorker:
    """Two calls at most."""
    read = deployments_of(account, name, now)
    listed = read.value or ()
    versions = versions_of(account, name, listed, now).value or ()
    if not listed:
        return LiveWorker(name, read, (), versions)
    roles = roles_of(listed, 0, {version.id: version.number for version in versions})
    candidate = roles.candidate if roles else None
    tags = {version.id: version.tag for version in versions}

    def role(version_id: str) -> Role:
        if roles and version_id == roles.stable.version_id:
            return Role.STABLE
        if candidate and version_id == candidate.version_id:
            return Role.CANDIDATE if candidate.percentage else Role.STAGED
        return Role.PREVIOUS

    shown = [
        LiveVersion(s.version_id, role(s.version_id), s.percentage, tags.get(s.version_id, ""))
        for s in listed[0].shares
    ]
    shown.sort(key=lambda version: version.role is Role.STABLE)
    return LiveWorker(name, read, shown, versions)


def _names_behind(account: CloudAccount, live: LiveWorker, now: datetime) -> list[str]:
    """Followed Workers that live versions call by service binding."""
    followed = {row.name for row in account.workers.all()} - {live.name}
    names: list[str] = []
    for version in live.versions if followed else ():
        detail = version_of(account, live.name, version.id, now).value
        for binding in detail.bindings if detail else ():
            name = str(binding.get("service", "")) if binding.get("type") == "service" else ""
            if name in followed and name not in names:
                names.append(name)
    return names[:MOST_BEHIND]


def _pick(live: LiveWorker, typed: TypedRequest) -> Pick:
    is_entry, ids = live.name == typed.worker, {version.id for version in live.versions}
    others = [v for v in live.all_versions if v.id not in ids][:20] if is_entry else []
    return Pick(live, typed.picks.get(live.name, ""), is_entry, others)


def _forecast(live: LiveWorker, typed: TypedRequest) -> ShownForecast:
    found = forecast(live.name, typed.filled.lines, live.shares)
    tone, title, text = messages.FORECASTS[found.kind]
    return ShownForecast(found, tone, title, text)
