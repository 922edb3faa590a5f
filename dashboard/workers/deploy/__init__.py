"""Deploying from the pages.

    choice.py       which version a form is about, and why it may be about none
    context.py      what the forms show: what is sent, what it does, and the figures
    secrets.py      the secrets that a proposal changes, and the consent a form gives

The forms themselves are `workers/changes.py`, the split they ask for `workers/proposal.py`.
"""
