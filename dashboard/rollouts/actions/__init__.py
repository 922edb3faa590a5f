"""What people do to a rollout: start, pause, step, abort.

actor.py     Who asks something of a rollout, and the refusal of what makes no sense in its
             state
commands.py  The buttons of a rollout as commands
owner.py     Who owns a rollout
start.py     A new rollout, or why there is none
verbs.py     What a person may ask of a rollout
"""
