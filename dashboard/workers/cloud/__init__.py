"""Versions of a Worker in a connected account: list, code, diff. Addresses under /cloudflare/.

contents.py  A version's modules, bindings and settings, read through the account's provider
upload.py    The next version: a copy of the newest one with other code
context.py   What the pages show
views.py     The pages
urls.py
"""
