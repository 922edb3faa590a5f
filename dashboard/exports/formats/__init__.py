"""Log records as destinations want them.

records.py  An invocation as a record of `workers_trace_events`
spans.py    Invocations as OpenTelemetry spans, in OTLP's JSON: a plain document, so no
            library is needed
traces.py   The one job that SLUICE_OTLP_ENDPOINT stands for
"""
