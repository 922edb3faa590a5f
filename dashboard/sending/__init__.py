"""One request to another program, with limits that hold whatever the other side does.

outcome.py       `send_and_prove`: WireRequest → Outcome, with the version that ran;
                 `send_once` and `confirm` for many at a time
wire_request.py  a request ready for the wire, pinned to a version or sent through another edge
send.py          the send itself: to an edge's proof listener on loopback, and nowhere else
answer.py        what came back; json_text.py lays out and masks JSON by its own letters
redaction.py     what may be stored and shown: values of secrets are masked
deadline.py      cuts a connection after so many seconds, or when nobody waits any longer
"""
