"""Plans: their terms as people type them, what each step can notice, and plans saved by name.

texts.py         steps and other terms as texts, over those of another plan                (pure)
detection.py     what each step of a plan notices at a given traffic                       (pure)
messages.py      what a step notices, and the labels of the form, in words
preview.py       a plan with what its steps can notice, before it starts
form.py          the terms as a form; step_rows.py and form_values.py read its fields
form_context.py  what the form shows beside what was typed
models.py        plans saved by name, and their edits
saved.py         save, find, rename and delete them; views.py has their buttons
edits.py         the next edit of the plan of a rollout that runs; change_views.py its page
commands.py      a plan as options of a command, and as the body of a request
report.py        a saved plan as JSON
"""
