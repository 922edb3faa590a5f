"""What follows a send.

quota.py        sends of one person per minute
edges.py        through which edge a request goes
history.py      stored sends
proof.py        which version ran, by the log and by the body
answer_page.py  what the page shows about an answer
trace_steps.py  the Workers that the request passed through
"""
