"""Middleware and answers that every page shares.

compression.py       Pages and their pieces go out compressed
message_storage.py   Where a message waits for the next page
response_headers.py  Headers of every answer that Django and its security middleware leave out
return_to.py         Where to go after an act that began on another page
slashes.py           Addresses of pages without their last slash
storable_text.py     Text that a database takes
unavailable.py       Answers to errors
unstorable_input.py  The one door for text from people
"""
