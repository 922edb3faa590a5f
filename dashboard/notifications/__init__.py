"""Notifications: the inbox, e-mail and webhooks.

events.py     the events: recipients and default channels
notify.py     `notify`: adds an event in the transaction of its cause
delivery/     inbox items, e-mail and webhooks
sources/      events of deployments and of edges
inbox.py      the inbox page and the bell; urls_inbox.py
settings/     the pages of preferences and webhooks
retention.py  deletes old events
models.py     events, inbox items, deliveries, webhooks, preferences
messages.py   events as plain text
"""
