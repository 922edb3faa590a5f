"""Workers of connected Cloudflare accounts, driven through Cloudflare's API.

client/      Calls of the API, within a budget, with errors by kind
provider/    What a place of Workers can do and what it knows: our edges, a Cloudflare account
accounts/    Connecting: the token, what it can do, the Workers that are followed
egress/      Requests to confirmed addresses of Workers
tails/       Tails of watched Workers, in the background work
proof/       Which version answered, by what evidence (pure)
proving.py   Collects the evidence of requests
changes/     Deployments from here, and what became of them
verification/  Probes that confirm a deployment
live_log/    Requests of a Worker as they come, by tail and stored logs
pages/       The pages under /cloudflare/
frame/       The account switcher, and accounts in the palette
readings.py  Answers of the API, shared by all viewers for some seconds;
             worker_readings.py: those about one Worker
models.py    Accounts, followed Workers, budgets
signals.py   An account is about to be disconnected
messages.py  Texts

API calls go to the hosts of SLUICE_CLOUD_HOSTS only, which is empty by default, and tails to where
the API says. Requests to Workers go to confirmed addresses, if SLUICE_CLOUD_REQUESTS is on.
"""
