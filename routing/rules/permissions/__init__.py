"""Signed permissions to use an override.

permission.py  whether a permission allows an override, and why not
presented.py   the permissions of a request: header and cookie
token.py       permissions as signed text
"""
