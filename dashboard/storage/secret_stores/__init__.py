"""Secrets stores: secrets that several Workers are bound to, encrypted in the database.

stored_secrets.py  create, change and delete secrets; delete a store
page_context.py    the page of a store
views.py           the page; its forms
messages.py        texts
"""
