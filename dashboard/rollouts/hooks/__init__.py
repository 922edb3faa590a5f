"""Hooks: signed HTTP requests before and after the steps of a Worker's rollouts.

    gate      its response decides whether the rollout continues; without one it holds
    notice    delivered at least once, retried with back-off; nothing waits for it

events.py          events, and the combined state of the gates before a step               (pure)
models.py          a hook, and each request to it
changes.py         creates, changes, rotates and deletes hooks
url_encryption.py  the encrypted URL of a hook
outbox.py          creates the requests of a decision, in its transaction
gates.py           the state of the gates before the next step
delivery_queue.py  sends requests when they are due
signed_request.py  one signed request over HTTP
views.py           the page of a Worker's hooks
messages.py        codes as text
"""
