"""The request as typed.

form.py           the form or the address → TypedRequest, with why it cannot be sent
typed_request.py  the request: its header lines, its bytes, its WireRequest, its stored fields
code_export.py    as curl, fetch and httpx
drafts.py         the form while its author visits another page
redirects.py      whether a redirect leads to a Worker of this system
views.py          the form as code; staging a version before sending
"""
