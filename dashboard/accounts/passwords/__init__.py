"""Passwords: rules, links to set one, a pause after wrong ones.

breached.py        Passwords from breaches, in a file on this machine
link_tokens.py     What makes a password link good for one use
login_throttle.py  The pause after wrong passwords
rules.py           What a password must not be, beside short or on Django's list of 20,000
                   from breaches
views.py           Setting a password
"""
