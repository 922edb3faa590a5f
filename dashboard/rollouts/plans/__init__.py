"""Plans: their terms as people type them, what each step can notice, and plans saved by name.

texts.py       steps and other terms as texts, over those of another plan                  (pure)
detection.py   what each step of a plan notices at a given traffic                         (pure)
messages.py    what a step notices, in words
preview.py     a plan with what its steps can notice, before it starts
models.py      plans saved by name, and their edits
saved.py       save, find, rename and delete them
edits.py       the next edit of the plan of a rollout that runs
report.py      a saved plan as JSON
"""
