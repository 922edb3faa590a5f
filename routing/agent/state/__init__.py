"""The edge's state, the desired state, and the plan from one to the other. Pure.

actions.py    what a round may do
plan.py       which of these to do next
readiness.py  whether balancers should send requests
state.py      Envoy's routes and the processes of versions
status.py     reports and `status.json`
warmth.py     which versions run within a memory budget
"""
