"""D1 databases: the control plane's side of `routing/runtime/state/d1.js`.

statements.py    pure: SQL text as single statements
query.py         runs statements in a database
databases.py     create, find, delete; sizes and tables
transfer.py      imports and exports, by links that are valid for an hour
browse.py        tables and rows for the page
page_context.py  the database's page
views.py         its page, queries and deletion
messages.py      texts
"""
