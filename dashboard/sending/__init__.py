"""One request to an edge, with limits on time and size.

outcome.py       `send_and_prove`: WireRequest → Outcome, with the version that ran;
                 `send_once` and `confirm` for many at a time
wire_request.py  a request ready for the wire, pinned to a version or sent through another edge
send.py          the send itself: to an edge's proof listener on loopback, and nowhere else
answer.py        the answer; json_text.py indents and masks JSON without changing its tokens
redaction.py     masks secrets before anything is stored or displayed
deadline.py      ends a connection after some seconds, or when the browser disconnects
"""
