"""What Sluice costs, always against something else in the same run. Figures are in README.md.

edge.py         requests per second and CPU per request, against workerd, Envoy, nginx, HAProxy
breakdown.py    the same edge with one thing less at a time: where its CPU goes
propagation.py  how soon a deployment decides requests, and that none fails meanwhile
memory.py       idle memory of every process, and the second start of `make run`
compile.py      200 and 2,000 Workers compiled, and one of them changed
observation.py  what counting every request costs, and that sent = counted
rollups.py      the charts' reads over ten million requests

torture/        every fault at random instants: what it costs, and what the pages say

system.py       the whole of Sluice in a folder of its own, and its API
peers.py        Envoy, nginx and HAProxy, each written by hand for the same split
load.py         wrk, which ends the run when one request fails
steady.py       requests at a steady rate, counted exactly
traffic.py      requests of every kind while deployments change
machine.py      cores, CPU time, memory, and what else the machine is doing
figures.py      quartiles, paired ratios, tables
"""
