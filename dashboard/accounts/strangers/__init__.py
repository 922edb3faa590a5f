"""People who are signed in never wait behind those who are not.

recognized   whether a request's session or token opens anything, by header, remembered for a minute
small_body   the body of a request that nobody signed in for: read whole, or refused
queue        how many are answered at a time, and how many wait, in all and from one address
lane         the ASGI application that puts these together, in front of Django
"""
