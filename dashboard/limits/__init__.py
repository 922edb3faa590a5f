"""What one person or token may take of the server, so that there is enough for everybody else.

rates.py     so many in a minute, counted in memory or, with Redis, for all processes
places.py    so many at once, and who waits for a place; of one process, whose threads they take
limits.py    the limits themselves
messages.py  what people read
answers.py   429 with Retry-After
child_process.py
             long texts are parsed in a process of their own, which can be stopped

Guesses of passwords and tokens are counted by `accounts`, in the database.
"""
