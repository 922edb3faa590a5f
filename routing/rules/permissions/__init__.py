"""Signed permissions to use an override.

permission.py  Permissions for overrides
presented.py   The permissions that a request carries
token.py       A permission as text
"""
