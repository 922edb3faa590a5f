"""Plans: their terms as text, what each step can detect, saved plans, edits of a running plan.

plan_text.py     steps and other terms as text                                        (pure)
detection.py     what each step of a plan detects at a given traffic                   (pure)
form/            the form of a plan
models.py        saved plans and their edits
saved_plans.py   saves, finds, renames and deletes saved plans
views.py         rename and delete from the start page
plan_edits.py    a new edit of the plan of a running rollout
change_views.py  the page that makes one
commands.py      a plan as options of a command, and as a request body
report.py        a saved plan as JSON
messages.py      codes and labels as text
"""
