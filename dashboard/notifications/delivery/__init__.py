"""E-mail and webhooks.

send_due.py  what is due: claimed, sent, tried again with back-off, given up in the end
mail.py      one event as an e-mail, text and HTML
post.py      one event as a Slack-compatible or a signed webhook
"""
