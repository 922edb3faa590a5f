"""What the edge costs a request, how soon a deployment decides, memory.

assets.py       Static assets beside nginx, which serves the same folder
breakdown.py    Where the edge's CPU goes
compile.py      200 and 2,000 Workers of two versions compiled
copies.py       Fills a control plane with copies of one Worker
many_workers.py 200 and 2,000 Workers on one edge
memory.py       Idle memory of every process, and how long the second start of `make run`
                takes
observation.py  What counting every request costs, and that it is exact
permits.py      What a signed permission costs beside an ordinary override, on the same edge
                in the same rounds
r2.py           R2 through the state process, against one process
propagation.py  How soon a deployment decides requests, and that no request fails meanwhile
tails.py        What observing costs
throughput.py   Requests per second and CPU per request
"""
