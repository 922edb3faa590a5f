"""The pages of policies: the account-wide default, and a Worker's own.

form.py     what is typed, row by row, and the policy it comes to
preview.py  *Try this policy*: what it would have asked of the last 20 changes
views.py    the page; only admins save
urls.py     addresses
"""
