"""The conductor: observes, decides, deploys the next step.

advance.py        One look at one rollout
conductor.py      The loop of `manage.py conduct`
notices.py        Who is notified of what a rollout does
observe.py        What a decision is based on
verification.py   Proof that stable answers again
waiting_calls.py  Calls to servers outside that wait for an answer
"""
