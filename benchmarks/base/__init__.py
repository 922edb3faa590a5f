"""What benchmarks share: the machine, the load, the peers, the system under test, tables.

authority.py A certificate authority and its certificates
contest.py  Several programs under the same load, in turns, so that what disturbs one
            disturbs all
direct.py   The same workerd without any proxy
figures.py  Quartiles, paired ratios, tables
load.py     wrk against one address
machine.py  Cores, CPU time and memory of processes, and how busy the machine is
peers.py    Other proxies with the same split, each as somebody would write it by hand
rows.py     Rows by the thousand, as months of use leave them, without the acts that would
            check each
split.py    The deployment under test
system.py   The whole of Sluice in a folder of its own
traffic.py  Requests of every kind that go on while deployments change, and a count of those
            that fail
"""
