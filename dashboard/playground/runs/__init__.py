"""Many sends of one request.

views.py       start a run, watch it, stop it
context.py     what its pages show
runner.py      sends from a thread with a pool
models.py      the run's row
report.py      verdict, results by version, marks
statistics.py  counts and latencies
"""
