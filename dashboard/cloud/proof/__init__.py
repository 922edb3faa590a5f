"""Which version answered a request, and how sure that is. Pure.

evidence.py       What is known about one request: answer, tail events, stored logs, the tail itself
judge.py          `judge`: Evidence → Verdict
trace_message.py  Messages of a tail (`trace-v1`), parsed
stored_logs.py    The `telemetry/query` that finds a request, and its answer
self_report.py    A version id in the answer
hops.py           The Workers that one request reached, from several tails
"""
