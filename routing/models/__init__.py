"""Tables. Import models from here, not from the files below.

immutable.py            write-once rows; entries of the audit trail
audit_chain.py          the hash chain of the audit trail
versions.py             Workers, versions, their modules and service bindings
deployments.py          deployments and their shares
deployable_versions.py  which versions can be deployed
addresses.py            zones, routes and custom domains
overrides.py            signing keys and shared links of overrides
edges.py                edges, their tokens, the revision they should run, and when each had it
assets.py               static assets: contents, sets, uploads in progress
schedules.py            cron triggers, and events sent to versions
queue_consumers.py      consumers of queues
namespaces.py           namespaces of the state process, and which versions use them
object_namespaces.py    Durable Objects: the namespace of each class, and which versions bind it
stored_secrets.py       secrets of secrets stores
d1_uploads.py           SQL files that wait to be imported
staged_objects.py       objects of the bucket without a row, perhaps
invocations.py          requests from the edges' access logs, and the console lines of Workers

Versions and deployments are written once: `Immutable` enforces it in the ORM, triggers (migration
0002) in the database.
"""

from routing.models.addresses import CustomDomain, WorkerRoute, Zone
from routing.models.assets import (
    AssetContent,
    AssetSet,
    AssetSetFile,
    AssetUpload,
    UploadedAsset,
)
from routing.models.audit_chain import AuditHead, AuditSeal
from routing.models.d1_uploads import D1Upload
from routing.models.deployable_versions import deployable, recent_versions
from routing.models.deployments import Deployment, DeploymentQuerySet, Share
from routing.models.edges import (
    DEFAULT_GROUP,
    DesiredState,
    Edge,
    EdgeQuerySet,
    EdgeToken,
    GroupExit,
    JoinToken,
    Propagation,
)
from routing.models.immutable import AuditEntry, Immutable
from routing.models.invocations import Invocation, InvocationDetail, InvocationQuerySet
from routing.models.namespaces import StateBinding, StateNamespace
from routing.models.object_namespaces import DeletedObjects, ObjectBinding, ObjectNamespace
from routing.models.overrides import OverrideKey, OverrideLink, OverrideLinkQuerySet
from routing.models.queue_consumers import QueueConsumer
from routing.models.schedules import Schedule, WorkerEvent
from routing.models.staged_objects import StagedObject
from routing.models.stored_secrets import StoredSecret
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
    runs_in,
)

__all__ = [
    "ALIAS",
    "DEFAULT_GROUP",
    "DEPLOYABLE",
    "AssetContent",
    "AssetSet",
    "AssetSetFile",
    "AssetUpload",
    "AuditEntry",
    "AuditHead",
    "AuditSeal",
    "CustomDomain",
    "D1Upload",
    "DeletedObjects",
    "Deployment",
    "DeploymentQuerySet",
    "DesiredState",
    "Edge",
    "EdgeQuerySet",
    "EdgeToken",
    "GroupExit",
    "Immutable",
    "Invocation",
    "InvocationDetail",
    "InvocationQuerySet",
    "JoinToken",
    "Module",
    "ObjectBinding",
    "ObjectNamespace",
    "OverrideKey",
    "OverrideLink",
    "OverrideLinkQuerySet",
    "Propagation",
    "QueueConsumer",
    "RemovedWorker",
    "Schedule",
    "ServiceBinding",
    "Share",
    "StagedObject",
    "StateBinding",
    "StateNamespace",
    "StoredSecret",
    "UploadedAsset",
    "Version",
    "VersionModule",
    "VersionQuerySet",
    "Worker",
    "WorkerEvent",
    "WorkerRoute",
    "Zone",
    "deployable",
    "recent_versions",
    "runs_in",
]
