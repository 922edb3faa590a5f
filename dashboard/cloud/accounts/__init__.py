"""Connecting an account.

connect.py    Connect, check again, replace the token, follow Workers, disconnect
checklist.py  What the token can do: each capability tried once with a harmless call
access.py     The client and the provider of an account; a token that no longer works
"""
