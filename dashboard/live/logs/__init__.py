"""Who follows a live log, and what is sent to them.

fanout.py         Sends what happened at the edges to those who look
subscriptions.py  Who looks at which Worker
"""
