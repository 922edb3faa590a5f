"""The forms that change what is live.

views.py    Set percentages (stage, step, promote) and roll back; conflicts
choice.py   Which version a form is about, or why it cannot be used
context.py  What the forms show: the split before and after, impact, figures, commands
secrets.py  Secrets that the change brings, and the consent they need
checks.py   The last runs of checks of both versions
handlers.py Versions without a handler for cron triggers or queues

The split itself is `workers/queries/proposal.py`.
"""
