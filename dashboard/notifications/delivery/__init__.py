"""From an event to its recipients.

fan_out.py      an event → inbox items, e-mails and webhook messages, once
recipients.py   who gets it, by preferences and followed Workers                      (pure)
quiet_hours.py  when an e-mail may be sent                                            (pure)
send_due.py     sends due messages, with retries
mail.py         an event as an e-mail
post.py         an event as a webhook request
"""
