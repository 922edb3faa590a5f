"""Queues: the control plane's side of `routing/runtime/state/queue.js`.

queues.py         create, change, find; their producers
queue_messages.py send, pull, acknowledge, look, purge
messages.py       texts
"""
