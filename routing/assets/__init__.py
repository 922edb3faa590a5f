"""Static assets: files that a version serves without running code.

A client sends a manifest (path → hash and size), uploads the files that are missing, and gets a
token for the version's metadata. Files are stored once by SHA-256; all versions with the same
manifest share one asset set.

manifest.py      the manifest: limits, checks, buckets for the upload, its stored form (pure)
config.py        the `config` of an upload: which fields have an effect (pure)
upload_token.py  signed tokens of an upload, before and after the files have arrived
uploads.py       begin an upload, store files, turn a finished upload into an asset set
retention.py     delete abandoned uploads, and sets that no deployable version needs
messages.py      texts for clients
"""
