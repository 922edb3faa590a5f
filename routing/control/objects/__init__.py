"""Durable Objects: which classes a Worker has, and who binds them.

migrations.py  a migration of an upload: what it does to the namespaces
bindings.py    bindings of an upload to namespaces
upload.py      both, for an upload
home.py        the one edge that has a Worker's objects
crossing.py    versions from before the Worker's last migration
published.py   what edges get
messages.py    texts
"""
