"""Cloudflare's JSON and multipart ↔ models and drafts.

schemas.py          responses
version_json.py     versions, deployments and scripts as JSON
bindings.py         bindings
object_migrations.py  migrations of Durable Objects
addresses.py        zones, routes and custom domains
annotations.py      annotations
upload_metadata.py  upload metadata → a draft and unversioned settings
settings_schema.py  unversioned settings
module_content.py   a version's modules as multipart
request_bodies.py   multipart request bodies in the OpenAPI document
"""
