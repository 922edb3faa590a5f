"""Preferences of a person, and webhooks of the account.

preferences.py       loads and saves channels, quiet hours and followed Workers
preference_views.py  the page /inbox/preferences/
webhooks.py          creates, pauses, deletes and tests webhooks
webhook_views.py     the page /notifications/, with failed deliveries
"""
