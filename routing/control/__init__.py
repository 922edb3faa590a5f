"""The control plane's acts on Workers, versions and deployments. Django.

audit.py              The audit trail
callers.py            Which Workers call which, by the service bindings of what is live
deploy.py             Deploying, from any caller
override_policies.py  How a Worker's overrides are checked
previews.py           Addresses of single versions, in the domain
publish.py            Rows → snapshot
revision.py           The counter of the desired state
secret_consent.py     Which secrets change with a deployment, and when that needs consent
                      (spec, Deployments)
service_targets.py    Whether service bindings lead to a Worker that exists and to an
                      entrypoint that it exports
signals.py            What happened
subdomain.py          Whether a Worker answers at its own host name, and its previews at
                      theirs
upload.py             Uploading a version, from any caller
upload_draft.py       What somebody wants to upload, before it is a version
transactions/         Transactions: what follows a commit, reads of one moment, batches
"""
