"""Who learns of what, and how: the inbox, e-mail and webhooks.

events.py        the events as data: whom they reach, by which channels, in which words
notify.py        `notify`: one row in the transaction of what happened; nothing else there
fan_out.py       from that row to inbox items and deliveries, once
recipients.py    who gets it, by preferences and followed Workers             (pure)
quiet_hours.py   when a person may be written to                              (pure)
deployments.py   the event of a deployment, whichever door it came through
edges_behind.py  the event of an edge that is late or silent
delivery/        e-mail and webhooks: due, sent, tried again, given up
retention.py     events are deleted after 90 days
inbox.py         the inbox's pages and its badge
settings/        the pages of preferences and of webhooks
models.py        events, inbox items, deliveries, webhooks, preferences
messages.py      events in words, as plain text
"""
