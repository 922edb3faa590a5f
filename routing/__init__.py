"""Which version answers a request: from an upload to the processes of an edge.

Pure, without Django:
    rules/             the decision: percentages, version keys, overrides, permissions
    snapshot.py        the desired state that an edge receives, as JSON
    compile/           a snapshot as configuration for Envoy and workerd
    upload_draft.py    an upload before it is a version
    asset_manifest.py  the list of a version's static assets
    gcra.py            rate limits
Without Django:
    agent/             runs the snapshot at an edge
    storage/           the state process: KV, D1, R2, queues, datasets, the outbox of mail
    state_access.py    capabilities for its namespaces
    disk.py            why a folder cannot be written
    file_lock.py       a lock between processes of one machine
    log_lines.py       the format of every process's log
    hidden_environment.py, parent_watch.py, process_identity.py
                       secrets, parents and identities of processes
    sealing.py         secrets sealed to an edge's key
    loopback.py        whether an edge is on this machine
    relayed_request.py a request that an agent sends, and its answer
    event_delivery.py  a cron or queue event that an agent delivers, and its outcome
    home.py            where templates, static files and npm packages are
    version.py         the version of this release
Django:
    models/            tables. They stay here, and not in `control`, because Django looks for the
                       models of the app `routing` in `routing.models`; nothing in them acts
    transactions/      work after a commit, reads of one moment, batches
    trail/             the hash chain of the audit trail
    assets/            uploads of static assets, and their retention
    object_storage.py  modules, dead letters and backups in a bucket
    control/           changes: upload, deploy, publish, previews, subdomain
    secret_encryption.py, reencrypt.py
                       secrets at rest, and changing their key

The glossary, the pipeline and the decisions are in README.md beside this file. Who may import what
is in pyproject.toml.
"""
