"""What a person gets, and where an admin lets events be posted.

preferences.py       reads and saves a person's choices, quiet hours and followed Workers
preference_views.py  the page /inbox/preferences/
webhooks.py          makes, pauses, deletes and tests webhooks, on the audit trail
webhook_views.py     the page /notifications/, with what could not be delivered
"""
