"""Log export: jobs that push `workers_trace_events` somewhere else, at least once.

`models` jobs and dead letters; `destination` where to, parsed and redacted (pure); `options` and
`filters` what (pure); `records` an invocation as one line; `batches` the next lines to send;
`outgoing` the one door to other machines; `senders` HTTP, S3 and files; `advance` one step of one
job; `jobs` create, change, delete; `views` the page. `manage.py export_logs` runs it.
"""
