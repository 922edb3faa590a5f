"""Log export: jobs that push `workers_trace_events` somewhere else, at least once.

jobs/      what a job sends and where to: destination, options, filters; its changes and backlog
formats/   an invocation as a record or as an OpenTelemetry span
delivery/  batches, senders (HTTP, S3-compatible stores, files), dead letters
worker/    which jobs are due, and one step of one
models.py  jobs and dead letters
views.py   the page and its forms; page_context.py what it shows; messages.py its texts
"""
