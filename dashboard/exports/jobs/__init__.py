"""Export jobs: settings, filters, backlog.

backlog.py      How far a job is behind
changes.py      Creating, changing and deleting jobs, and proving that a destination is one's
                own
destination.py  Where a job sends to, as Cloudflare's `destination_conf` says it
filters.py      Which records a job sends
options.py      Which fields, how many, in which form
"""
