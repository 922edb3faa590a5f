"""`sluice backup` and `sluice restore`: one tar.gz with everything that an installation needs.

create.py     writes an archive while Sluice runs
restore.py    puts one back, and lists what cannot be used any more
sqlite.py     the database as a file
postgresql.py the database by pg_dump and pg_restore
archive.py    the members of an archive, and its description
lost.py       what the current key cannot decrypt

Modules and static assets that are in a bucket (SLUICE_S3_URL) stay there.
"""
