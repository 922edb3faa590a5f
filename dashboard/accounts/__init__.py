"""People, their roles, sessions and API tokens.

sign_in/      Password, second factor, identity provider; sessions, browsers and their limits
passwords/    Rules, breached passwords, links to set one, the pause after wrong ones
attempts/     Limits of attempts, by address and by name
people/       The People page: invite, roles, switch off, tokens
strangers/    Requests without credentials wait behind those of signed-in people
tokens.py     API tokens: create, revoke, who may act on what
permissions.py  Which role may do what
actor.py      Who makes a change, for the audit trail
models.py     People, their sessions and tokens
shell_user.py The person that a command acts as
signals.py    Signals about people
last_seen_middleware.py  Signed-in requests: when people were last here, limits per person
messages.py   Texts for people
views.py      Sign in, sign out, Your account
"""
