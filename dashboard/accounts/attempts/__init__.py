"""How often something secret may be guessed: passwords, codes, links, tokens.

limits     the limits, and the arithmetic (pure)
counts     counting in the database, the same for all web processes
models     the table
messages   what people read
refusals   answers with 429 and Retry-After
hashing    password hashes in a thread of their own, behind pages

django-axes counts wrong passwords for one name from one address (`accounts.pause`).
"""
