"""Sluice's own API under `/api/`: suites, runs, rollouts, reviews and overrides, in plain JSON.

    urls.py          addresses
    api.py           the API as one object, with its OpenAPI document and its page
    errors.py        refusals: `{"error": code, "message": …, "field": …}` and their statuses
    suites.py runs.py rollouts.py audit.py edges.py
                     one file a resource; each calls what the page and the CLI call
    schemas.py       what goes in and out

Tokens and their limits are those of the Cloudflare-compatible API (`dashboard/api/http/auth.py`).
"""
