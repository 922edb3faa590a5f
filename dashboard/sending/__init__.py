"""One request to an edge, with limits on time and size.

outcome.py       `send_and_prove`: WireRequest → Outcome, with the version that ran;
                 `send_once` and `confirm` for many at a time
wire_request.py  a request ready for the wire, pinned to a version or sent through another edge
send.py          the send itself: to an edge's proof listener on this loopback, or by relay/
relay/           through the outbound socket of an agent on another machine
answer.py        the answer; json_text.py indents and masks JSON without changing its tokens
redaction.py     masks secrets before anything is stored or displayed
messages.py      why there is no answer
models.py        the table of requests on their way through a socket
deadline.py      ends a connection after some seconds, or when the browser disconnects
"""
