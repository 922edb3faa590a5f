"""Sluice's own API under `/api/`, in plain JSON.

urls.py       paths
api.py        all resources as one object, the OpenAPI document and its page
errors.py     refusals: `{"error": code, "message": …, "field": …}` and their statuses
messages.py   texts
lookup.py     rows named in a path
schemas.py    requests and responses of suites, runs, rollouts and reviews
smoketests/   suites, runs
rollouts/     rollouts, plans, backtests
reviews.py    reviews, policies
overrides.py  protected overrides, links
audit.py      the audit trail
edges.py      edges

Each resource calls the functions behind the page and the CLI. Tokens and limits are those of the
Cloudflare-compatible API (`dashboard/api/http/auth.py`).
"""
