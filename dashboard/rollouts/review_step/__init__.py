"""Step ④ of a rollout under a policy: its review, bound to the plan edit and the evidence.

observe.py  how the review stands, for `plan.next_step`
request.py  opens it, and ends it when the rollout moves on without it
"""
