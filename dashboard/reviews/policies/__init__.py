"""Policies: which changes of a Worker need how many approvals, from whom.

policy.py       a policy as values: rules by risk, and their JSON                       (pure)
change.py       what a deployment changes, as far as rules look at it                  (pure)
requirement.py  `required(policy, change)`: what this change needs                     (pure)
models.py       immutable edits: one policy for the account, and one a Worker may have
edits.py        saves an edit, reads the one that counts
messages.py     rules and requirements in words
"""
