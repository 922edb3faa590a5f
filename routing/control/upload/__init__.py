"""Uploads: resolve inherited bindings, start the version once, then save it.

upload.py        the whole upload, in one transaction after the version was started
checks.py        what is refused before anything is started
version_rows.py  the rows of a version
drafts.py        the draft that a version was uploaded as, to base a copy on
workers.py       the Worker to upload to; a new one
"""

from routing.control.upload.drafts import draft_of
from routing.control.upload.upload import upload_version
from routing.control.upload.workers import create_worker

__all__ = ["create_worker", "draft_of", "upload_version"]
