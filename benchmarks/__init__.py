"""What Sluice costs, always against something else in the same run. Figures are in README.md.

edge/       requests per second and CPU, propagation, memory, compiling, counting, tails
dashboard/  pages, the playground and reads of the charts
rollouts/   bad candidates, aborts, guardrails, percentage changes under load
abuse/      strangers and signed-in people who try to slow the dashboard down
torture/    every fault at random instants: what it costs, and what the pages say
cluster/    `make test-cluster`: eleven machines, every fault
base/       the system under test, its peers, the load, the machine, figures and tables
"""
