"""Versions that stay at 0%: their owner is asked. Only a person removes them.

find.py    which versions are forgotten: by a rollout's plan, else by the setting of the account
remove.py  stable alone again
views.py   the button behind its confirmation
"""
