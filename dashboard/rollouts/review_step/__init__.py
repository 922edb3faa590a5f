"""Step ④ of a rollout: the review that its Worker's policy requires.

status.py   the state of the review, for `next_step`
request.py  requests the review, and voids it when the rollout changes
"""
