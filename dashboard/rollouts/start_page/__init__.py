"""The page that starts a rollout.

form.py      the fields as submitted: version, suite, saved plan, terms of the plan
context.py   the context of the template
commands.py  the same start as a command
views.py     the page and its buttons
"""
