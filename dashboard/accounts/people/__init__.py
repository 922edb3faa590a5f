"""People and their roles: the pages and the changes.

changes.py  Changing who may do what
forms.py    What the page of people and tokens asks for
queries.py  People and tokens as their page lists them
urls.py     The page of people and tokens
views.py    The page of people and tokens, and its forms
"""
