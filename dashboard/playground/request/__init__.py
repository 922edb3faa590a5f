"""The request as typed: fields, body, variables, and its way out as code.

bodies.py        The request's body and the lines that go with it
code_export.py   The request as others send it
compose.py       What a person typed in the playground → one request
drafts.py        The composed request while its person is on another page
form_fields.py   The page's form as `compose` takes it
redact.py        A request of the playground as it may be stored and shared
redirects.py     Where a redirect leads, if to a Worker of this system
views.py         What else is done with the form
wire_request.py  The typed request, ready for the wire
"""
