"""The review page: everything that one decision needs, composed from the rooms below.

context.py   what the page shows, as values
evidence.py  the checks behind it, and the reader's own run of them
views.py     the page and its forms
urls.py      addresses, the inbox's among them
"""
