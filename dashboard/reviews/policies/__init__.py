"""Policies: which changes of a Worker need how many approvals, from whom.

policy.py       a policy and its rules as values, and their JSON                        (pure)
change.py       what a deployment changes, as input of the rules                       (pure)
requirement.py  `required(policy, change)`: what a change needs                        (pure)
models.py       immutable edits: of the account's policy and of a Worker's own
edits.py        saves an edit; the policy in effect
messages.py     rules and requirements as text
"""
