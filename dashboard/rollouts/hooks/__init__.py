"""Hooks: signed HTTP requests at the turning points of a Worker's rollouts, as gate or notice.

    gate      its answer decides whether the rollout goes on; without one it holds
    notice    sent at least once, retried with back-off; nothing waits for it

events.py     the events, and what the gates of one say                                   (pure)
models.py     a hook, and each request that is new_delivery to it
edit.py       making, changing and deleting hooks; their secrets
outbox.py     what a decision owes, written in its transaction
gates.py      what the gates before the next step have answered so far
deliver.py    one signed request, by network; courier.py sends what is due
views.py      the page of a Worker's hooks
messages.py   codes in words
"""
