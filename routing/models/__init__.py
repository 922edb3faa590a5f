"""The rows: Workers, their immutable versions and deployments, the edges that serve them.

    immutable.py    what a row that is written once refuses; and the audit trail
    audit_chain.py  the hash chain over the audit trail
    versions.py     Workers, versions, their modules and service bindings
    deployments.py  deployments and their shares
    deployable_versions.py  which versions a deployment may name
    overrides.py    keys and links of overrides that are checked
    edges.py        edges, the revision they should run, and when they had it
    invocations.py  requests as the edges' logs told them, and what Workers said meanwhile

Versions and deployments are written once and never again; `Immutable` enforces it for every
path through the ORM, and the database's own triggers (migration 0002) for every other.

Everybody else imports from here: Django finds its models in `routing.models`, and which file a
row is in is nobody's business.
"""

from routing.models.audit_chain import AuditHead, AuditSeal
from routing.models.deployable_versions import deployable
from routing.models.deployments import Deployment, DeploymentQuerySet, Share
from routing.models.edges import DesiredState, Edge, Propagation
from routing.models.immutable import AuditEntry, Immutable
from routing.models.invocations import Invocation, InvocationDetail, InvocationQuerySet
from routing.models.overrides import OverrideKey, OverrideLink, OverrideLinkQuerySet
from routing.models.versions import (
    ALIAS,
    DEPLOYABLE,
    Module,
    RemovedWorker,
    ServiceBinding,
    Version,
    VersionModule,
    VersionQuerySet,
    Worker,
)

__all__ = [
    "ALIAS",
    "DEPLOYABLE",
    "AuditEntry",
    "AuditHead",
    "AuditSeal",
    "Deployment",
    "DeploymentQuerySet",
    "DesiredState",
    "Edge",
    "Immutable",
    "Invocation",
    "InvocationDetail",
    "InvocationQuerySet",
    "Module",
    "OverrideKey",
    "OverrideLink",
    "OverrideLinkQuerySet",
    "Propagation",
    "RemovedWorker",
    "ServiceBinding",
    "Share",
    "Version",
    "VersionModule",
    "VersionQuerySet",
    "Worker",
    "deployable",
]
