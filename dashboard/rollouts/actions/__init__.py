"""What people and scripts do to a rollout: start it, step, hold, abort, undo.

start.py         starts a rollout, or refuses
actions.py       every other action, and the states that allow it
undo_problem.py  whether an ended rollout can be undone
request.py       who acts, from where; `ActionRefused`
owner.py         ownership follows a hand-over of the Worker
commands.py      the page's buttons as shell and curl commands
"""
