"""People and their roles: the pages and the changes.

changes.py       Roles, invitations, switching off
forms.py         Fields of an invitation and of a token
queries.py       Rows of people and tokens
page_context.py  What the page shows
views.py         The page of people and tokens, and its forms
"""
