"""Protected overrides and shared links: who may send a request to a version of their choice.

A Worker's overrides are open to anyone until they are protected; then the edge honors one only with
a signed permission (`routing.rules.permissions.permission`). Links work either way.

    keys.py        the Worker's signing keys: made when first needed, rotated, taken away
    protection.py  the switch
    links.py       sharing a version for a while, and revoking it
    carry.py       short-lived permissions for what the dashboard itself sends
    messages.py    why a change was refused, and toasts
    report.py      links and the switch as JSON
    views.py       the Worker's page about all this; choices.py has its form
"""
