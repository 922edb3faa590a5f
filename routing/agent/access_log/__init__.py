"""Envoy's access log: read, counted by minute, and sent to the control plane.

caller_counts.py   distinct callers by version and minute
log_file.py        one log on disk, rotated and read in pieces
log_line.py        one line of the log, parsed
log_rows.py        the rows that are shipped, a sample when the control plane is busy
read_positions.py  how far the logs have been shipped (`shipped.json`)
request_counts.py  counts and latencies of all requests
shipper.py         ships rows and counts
step_counts.py     counts for a rollout's step
"""
