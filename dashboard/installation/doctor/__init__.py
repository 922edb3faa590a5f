"""`sluice doctor`: what is wrong with an installation, and what to do.

findings.py  what a check returns
checks.py    every check of the control plane
edges.py     checks of the edges, by what they reported
"""
