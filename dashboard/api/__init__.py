"""The Cloudflare-compatible API, for unmodified wrangler and Cloudflare's SDKs; and Sluice's own.

Each line may import those below it (pyproject.toml):
    urls.py, sockets.py  paths; error_handlers.py: errors outside views
    sluice/              Sluice's own API under `/api/`: suites, runs, rollouts, reviews, overrides
    docs/                the reference page and the OpenAPI document
    api.py               all resources as one object
    tail/                `wrangler tail`: sessions, their socket, filters
    analytics/           figures and stored logs: GraphQL, Workers Observability
    resources/           one file per resource of Cloudflare's
    acts/                uploads and deletions, which several resources share
    serializers/         Cloudflare's JSON ↔ models and drafts
    in_flight.py         concurrent requests of one session or token
    http/                authentication, envelope, errors, body parsers, limits
    products.py          Cloudflare products that Sluice does not have
    messages.py          texts; those of tails and Sluice's own API are in their rooms

Cloudflare's field names and error codes appear only here. A new endpoint goes into the file of its
resource; a new resource also into `api.RESOURCES`.
"""
