"""`make test-cluster`: Sluice on eleven machines, each a network namespace; needs root.

Two web processes, two for background work, three edges, PostgreSQL, Redis, a balancer of the
control plane and one of the edges. Set up from nothing by the commands of docs/many-machines.md,
then every fault under load, with a deployment during and after it. Nothing leaves the namespaces:
there is no route.

__main__.py  Options, the run, the exit code
isolation.py Runs this program in namespaces of its own, which end with it
machines.py  The switch and the machines on it
stores.py    PostgreSQL, Redis and the balancer
release.py   This release and the last one: files and commands
site.py      Sluice's processes, by role; its API
faults.py    What is done to them, and what must be true meanwhile
upgrade.py   The rolling upgrade from the last release
rollout.py   A rollout while an edge is silent
rounds.py    A round: load, one fault, what it cost
report.py    The table
"""
