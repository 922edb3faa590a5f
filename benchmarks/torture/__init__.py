"""Every fault of a list, at random instants, against a real system under load.

    python -m benchmarks.torture [--minutes 5] [--seed 1] [--faults "agent killed,disk full"]

Pure:
schedule.py   which fault comes when, from a seed
judge.py      answers and counts of a round against what its fault may cost

I/O:
load.py       clients of every kind, in a process of their own
site.py       one running system with its Workers: processes, API, restarts
find.py       the processes of a data folder
pages.py      what /healthz, the Edges page and the Worker page say
counts.py     what the dashboard counted, and what it says is missing
disk.py       a small disk for the data folder, filled and emptied
faults/       the faults: each has `begin`, `end` and `expected`
deploying.py  deployments that go on meanwhile
rounds.py     one fault from its beginning to the last count
report.py     the table
reaper.py     ends every process of the data folder, whatever happens to this program
"""
