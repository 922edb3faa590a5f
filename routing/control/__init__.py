"""Changes to Workers, versions and deployments, and the snapshot they add up to. Django.

upload/               upload a version
bindings/             what bindings name: whether it exists, and what edges get of it
deploy.py             deploy, roll back, delete a Worker
addresses/            zones, routes and custom domains
objects/              Durable Objects: migrations, bindings, the home edge
schedules.py          cron triggers
worker_settings.py    settings without versions: Tail Workers
subdomain.py          switch a Worker's own host name and its previews on or off
publish.py            tables → snapshot
edge_documents.py     what one edge fetches: its group only, secrets sealed to its key
edge_groups.py        which Workers run in which group of edges
previews.py           the URLs of single versions, and which version each leads to
override_policies.py  how a Worker's overrides are checked
secret_consent.py     which secrets a deployment changes, and when that needs consent
staged_objects.py     deletes objects of the bucket that no row needs
callers.py            which Workers call which
audit.py              entries of the audit trail
revision.py           the counter of the desired state
messages.py           why a change was refused, in words
signals.py            Django signals of a change
"""
