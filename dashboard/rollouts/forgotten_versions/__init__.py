"""Versions that stay at 0% too long. Their owner can remove them; nothing is removed automatically.

queries.py  finds them: by the plan of the rollout, else by SLUICE_EXPIRE_STAGED_DAYS
removal.py  deploys without the version
views.py    the button *Remove*
"""
