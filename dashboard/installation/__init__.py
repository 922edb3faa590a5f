"""Everything about an installation as a whole, for `sluice` and `make run`.

apps.py         its app, for `manage.py migrate`, which waits for its turn
locks.py        one at a time: setups, migrations, static files
setup.py        `sluice setup`: migrations, static files, the first admin
first_admin.py  the first admin and API token
shared_keys.py  keys that several machines must share
migrations.py   migrations that are missing, and applying them
backup/         one file with everything, and back
doctor/         what is wrong, and what to do
messages.py     why a backup was not written or restored
readiness.py    /readyz: whether this process can answer requests
"""
