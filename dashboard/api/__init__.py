"""The Cloudflare-compatible API: unmodified wrangler and Cloudflare's SDKs talk to it.

    urls.py, served.py      addresses; the API as one object, with its OpenAPI document
    auth.py, limit.py       who calls; how large a request may be
    envelope.py, errors.py  what every answer is wrapped in; codes, statuses and words
    products.py             Cloudflare's other products, refused by name
    parse.py, multipart.py  bodies, read strictly
    metadata.py, bindings.py, notes.py, settings_schema.py
                            Cloudflare's fields ↔ a draft of a version
    uploading.py, removal.py, expected.py
                            the acts that several resources share, all done by `routing`
    lookup.py, wire.py, schemas.py, content.py
                            rows → Cloudflare's JSON
    identity.py services.py scripts.py versions.py deployments.py secrets.py
    script_settings.py subdomain.py references.py beta.py beta_versions.py unsupported.py
                            one file a resource
    tails.py tail_socket.py sockets.py trace_events.py
                            sessions of `wrangler tail`, what they are sent and which of it
    reference.py            the documentation page
    sluice/                 Sluice's own API under `/api/`: suites, runs, rollouts

A Cloudflare field name or error code stands in this room only. To serve one more endpoint, add it
to its resource's file; a new file goes into `served.RESOURCES`.
"""
