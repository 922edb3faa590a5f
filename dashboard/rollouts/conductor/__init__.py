"""The conductor: observes, decides, deploys the next step.

advance.py        One look at one rollout
conductor.py      Looks at every active rollout; carries out waiting runs of checks
notices.py        Who is notified of what a rollout does
observe.py        What a decision is based on
verification.py   Proof that stable answers again
waiting_calls.py  Calls to outside servers that wait for their answers
"""
