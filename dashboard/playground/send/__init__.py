"""What becomes of a send: quota, proof, trace, history.

history.py          What was sent and what came of it, kept for the person
proof.py            Which version ran, and why
quota.py            How much one person may send in a minute, counted in the database
trace_steps.py      The hop trail
version_in_body.py  Whether the Worker's own word agrees with the edge's
"""
