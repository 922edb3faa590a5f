"""The policy pages: the account-wide default, and a Worker's own policy.

form.py     the form's rows, and the policy that they make
preview.py  *Try this policy*: applies it to the last 20 changes
views.py    the page; admins save
"""
