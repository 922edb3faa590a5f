"""What people and tools see. One folder is one room; each has its own map.

    run/, cli/, installation/  start, set up, back up and check an installation
    settings/        every setting of the control plane
    workers/         the list of Workers and the pages of one
    playground/      requests to a version: predicted, sent, proved
    smoketests/, rollouts/, reviews/, overrides/, discussion/
                     what leads a version to 100%
    cloud/           Workers of Cloudflare accounts
    storage/         namespaces, and their pages
    events/          cron events
    observability/, exports/, metrics/
                     requests, counts, charts; log exports; Prometheus
    edges/, fleet/   edges and their protocol; what a deployment is to its readers
    api/             Cloudflare's API and our own
    accounts/, trail/, notifications/, limits/
                     people, the audit trail, messages to people, limits per person
    work/            background work
    sending/, egress/, live/
                     requests to edges, requests to other machines, pushes to open pages
    comparison/, statistics/, times/, variables/
                     shared by several rooms
    ui/              the frame of every page, help, the palette
    misbehavior.py   faults of the API on request, for tests

README.md has "to change X, open Y".
"""
