"""Log export: jobs that push `workers_trace_events` somewhere else, at least once.

models.py        jobs and dead letters; jobs.py creates, changes, deletes them
destination.py   where to, parsed and redacted; options.py and filters.py say what (all pure)
records.py       an invocation as one line; batches.py the next lines; lag.py how many wait
senders.py       HTTP endpoints, S3-compatible stores, files; dead_letters.py what they did not take
advance.py       one step of one job; running.py the loop of `manage.py export_logs`
spans.py         the same for OpenTelemetry; traces.py is the job that a setting makes
views.py         the page
"""
