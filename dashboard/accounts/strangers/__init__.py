"""Signed-in people never wait behind requests without credentials.

lane.py            ASGI application in front of Django that puts these together
queue.py           Limits of concurrent and waiting requests, in all and per address
recognized.py      Whether a session or token is valid, cached for a minute
small_body.py      Reads or rejects the body of a request without credentials
client_address.py  The client's address, grouped as one subject of limits
"""
