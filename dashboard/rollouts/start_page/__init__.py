"""The page that starts a rollout.

form.py      what was typed: version, suite, saved plan, and the terms of the plan
context.py   what the page shows beside it
commands.py  the same start as a command
views.py     the page, its buttons, and the start
"""
