"""Workers of connected Cloudflare accounts, driven through Cloudflare's API.

client/      Calls of the API, within a budget, with errors by kind
provider/    What a place of Workers can do and what it knows: our edges, a Cloudflare account
accounts/    Connecting: the token, what it can do, the Workers that are followed
pages/       The pages under /cloudflare/
models.py    Accounts, followed Workers, budgets
messages.py  Texts

Nothing is ever sent anywhere but to the hosts of SLUICE_CLOUD_HOSTS, which is empty by default.
"""
