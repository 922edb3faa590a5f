"""Queues: the control plane's side of `routing/runtime/state/queue.js`.

queues.py         create, change, find; their producers
consumers.py      consumers: create, replace, delete
delivery.py       batches of messages to Workers; a task of `manage.py work`
settlement.py     when a batch is due, and what becomes of its messages (pure)
queue_messages.py send, pull, acknowledge, look, purge
page_context.py   the queue's page
views.py          the page; pause, resume, purge
messages.py       texts
"""
