"""A version's modules, given back as they were uploaded."""

from __future__ import annotations

import secrets

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from multipart import content_disposition_quote

from routing.models import Version
from routing.upload_draft import Part

TEXT = "application/javascript; charset=utf-8"


def parts_of(version: Version) -> list[Part]:
    """The modules, contents included."""
    return [row.as_part() for row in version.modules.select_related("module")]


def main_module(version: Version) -> HttpResponse:
    """The module with the handlers, empty for static assets alone; as a download, so that no
    browser runs it here."""
    name = version.main_module or version.body_part
    content = next((part.content for part in parts_of(version) if part.name == name), b"")
    file_name = name.rsplit("/", 1)[-1] or "module"
    disposition = content_disposition_header(True, file_name) or "attachment"
    return HttpResponse(content, content_type=TEXT, headers={"Content-Disposition": disposition})


def as_multipart(version: Version) -> HttpResponse:
    """One part a module; the header `cf-entrypoint` names the main one."""
    boundary = f"----sluice-{secrets.token_hex(16)}"
    body = b"".join(_part(part, boundary) for part in parts_of(version))
    response = HttpResponse(
        body + f"--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    response["cf-entrypoint"] = version.main_module or version.body_part
    return response


def _part(part: Part, boundary: str) -> bytes:
    name = content_disposition_quote(part.name)
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; name={name}; filename={name}\r\n"
        f"Content-Type: {part.content_type}\r\n\r\n"
    )
    return head.encode() + part.content + b"\r\n"
