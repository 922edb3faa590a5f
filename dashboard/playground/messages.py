"""Texts of the playground's forms and pages; those of overrides are in predict/messages.py."""

from __future__ import annotations

NOT_SENT = "Not sent"
NOT_CHECKED = "Not checked"

# The form: why a request cannot be sent.
METHODS = "Methods: {}."
PATH_STARTS = "A path starts with “/”. Requests go to this Worker only."
PATH_LIMIT = "A path has at most {} characters and no control characters."
NOT_A_HEADER = "“{name}” is not a header line. Write Name: value, one per line."
RESERVED_HEADER = "{name} is set by the playground. Remove it."
CONTROL_IN_HEADER = "The value of {name} contains a control character."
HEADER_VALUE = "A header value is one line without control characters."
HEADER_LINES_LIMIT = "At most {} header lines. An edge rejects a request with more."
HEADERS_LIMIT = "At most 64 KB of headers. An edge rejects a request with more."
KEY_WITH_NAME = "Remove the header's name: the version key is only the value."
MASKED = "{} replaces a secret that was not stored. Type it again."
BODY_LIMIT = "The playground sends bodies of at most 256 KB."
FILE_TYPE = "The file's type is not a valid header value."
NOT_JSON = "Invalid JSON: {}. Choose Text to send it unchanged."
DEEP_JSON = "This JSON is nested too deeply. Choose Text to send it unchanged."

# Sending.
VIEWERS_READ = "Viewers send GET and HEAD. {}"
STORED_MASKED = "Its secrets are masked. Open it in the playground and type them again."
RUN_EXISTS = "You have a run in progress. Stop it, or wait until it is done."
RUNS_FULL = "Too many runs are in progress on this server. Try again in a moment."
RUN_LATE = "Stopped after {:.0f} minutes."
RUN_FAILED = "The run failed: {}."
RUN_DIED = "The process that was sending stopped. The results until then are below."

# Comparing.
ONE_VERSION = "Only one version is live"
STAGE_ANOTHER = "{} answers everything. Stage another version at 0% to try it with overrides."
NOT_COMPARABLE = "Cannot be compared"
NOT_ADDRESSABLE = "{} cannot be named in an override header, so a request cannot be pinned."

# Saved requests and imports.
SAVED_LIMIT = "You share {} requests. Remove one first."
SAVED_SHARED = "in {} for everyone"
SAVED_AS_CHECK = "as a check of suite {}, edit {}"
SAVED = "Saved “{}” {}. Secrets are masked."
NOT_SAVED = "Not saved. {}"
REMOVED = "Removed “{}”."
OTHER_HOST = "{} is not a Worker here; {} is used instead."
