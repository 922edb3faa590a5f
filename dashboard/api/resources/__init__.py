"""Cloudflare's endpoints, a file for each kind of resource.

deployments.py            Deployments
identity.py               Who am I: the calls behind `wrangler whoami`
logpush.py                Log export in the shape of Cloudflare's Logpush
logpush_schemas.py        What Logpush's addresses take and answer
references.py             Who refers to a Worker, and lists of things that do not exist here
script_settings.py        Settings of a Worker, and the older way to change several secrets
                          at once
scripts.py                Worker scripts
secrets.py                Secrets
services.py               The Worker as a service
subdomain.py              Where a Worker answers, and the schedules it might have
unsupported.py            What clients may ask for and Sluice does not have
versions.py               Versions
workers_beta.py           Workers, the newer resource
workers_beta_versions.py  Versions of the newer Workers resource
"""
