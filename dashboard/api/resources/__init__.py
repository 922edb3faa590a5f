"""Cloudflare's endpoints, one file per resource.

account.py                search, account settings
identity.py               token, user, accounts: behind `wrangler whoami`
scripts.py                scripts: upload and deploy, list, download, delete
assets.py                 uploads of static assets
versions.py               versions
deployments.py            deployments
secrets.py                secrets
script_settings.py        settings that are not versioned, and bindings in bulk
services.py               a script as a service, as older wranglers ask
subdomain.py              workers.dev switches
schedules.py              cron triggers
references.py             what refers to a script and its Durable Objects
workers_beta.py           Workers, the newer resource (`workers.beta` in Cloudflare's SDKs)
workers_beta_versions.py  their versions
logpush.py                Logpush jobs
logpush_schemas.py        their JSON
storage/                  namespaces of KV, D1, R2, queues, Durable Objects
addresses.py              routes and custom domains of a Worker
zones.py                  zones, and the routes in them
"""
