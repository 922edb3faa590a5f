"""Types of bindings that lead out of the version's process, one file each; `../bindings.py` calls
them.

state.py           to namespaces of the state process: KV, D1, R2, queues, datasets
rate_limits.py     rate limits, and the edge's process behind them
send_email.py      sent mail
stored_secrets.py  secrets of a secrets store
ai.py              Workers AI
option_types.py    those with several options, as pages show them

Service bindings and Durable Objects are in `../services.py` and `../objects.py`, which do more.
"""
