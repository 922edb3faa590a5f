"""Envoy's access log: read, counted by minute, sent on.

caller_counts.py   Who called
log_file.py        One access log on disk
log_line.py        One line of Envoy's access log (`routing.compile.envoy.access_log` writes
                   the fields)
log_rows.py        Access-log lines become rows for the control plane
read_positions.py  How far the access logs have been read and counted, kept in `shipped.json`
request_counts.py  Every line of the access log is counted, whether or not its row is shipped
shipper.py         Ships what the access logs say to the control plane
step_counts.py     Counts for a rollout's step
"""
