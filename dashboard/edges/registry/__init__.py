"""Edges as objects: who they are, how they join and leave, and their tokens.

join.py       one-time join tokens, and the exchange for an agent's own credentials
tokens.py     the tokens of an edge: look up, issue, rotate, renew, revoke
edges.py      rename, drain, remove
names.py      whether a name can be used
"""
