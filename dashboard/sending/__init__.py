"""One request to another program, with limits that hold whatever the other side does.

deadline.py   cuts a connection after so many seconds, or when nobody waits any longer
"""
