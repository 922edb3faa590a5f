"""Rollouts of bad candidates, aborts, guardrails.

abort.py        From the click on Abort to proof on every edge, while requests go on
bad_workers.py  A stable Worker and candidates that are bad in one way each, for
                `benchmarks.rollouts.candidates`
candidates.py   Bad candidates on a real edge with traffic
guardrails.py   Guardrails on simulated traffic
steps.py        Percentage changes under load; storing.py the Worker they change
steady.py       Requests at a steady rate over connections that stay open
turns.py        Rollouts on a running system
"""
