"""The form of a plan.

form.py       the fields as submitted, and the plan that they make
step_rows.py  the table of steps
values.py     parses numbers and times
context.py    the template's context: fields, errors, detection
preview.py    a plan with its detection, for the CLI and the API
"""
