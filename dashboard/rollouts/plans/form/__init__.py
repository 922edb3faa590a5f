"""The form of a plan.

context.py    What the form of a plan shows beside what was typed
form.py       The terms of a plan as a form
preview.py    A plan before it starts
step_rows.py  The table of steps as it was typed, and the steps it says
values.py     Numbers and times as they are typed in a form
"""
