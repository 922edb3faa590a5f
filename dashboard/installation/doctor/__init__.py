"""`sluice doctor`: what is wrong with an installation, and what to do.

findings.py  what a check returns
checks.py    every check of the control plane; a new one goes into one of its two lists. Texts are
             in `dashboard.cli.doctor_messages`, tests in `tests/dashboard/cli/test_doctor.py`
edges.py     checks of the edges, by what they reported
"""
