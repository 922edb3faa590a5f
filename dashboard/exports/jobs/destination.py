"""Where a job sends to, as Cloudflare's `destination_conf` says it. Pure.

    https://host/path?header_Authorization=Bearer%20…            a POST per batch
    s3://bucket/path/{DATE}?region=…&endpoint=…&access-key-id=…&secret-access-key=…
    file:///folder                                               below the exports folder

https://developers.cloudflare.com/logs/logpush/logpush-job/enable-destinations/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

REDACTED = "REDACTED"
LONGEST = 4096
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_STEP = re.compile(r"(?!\.{1,2}$)[\w.{}=@ -]{1,120}")
_OWN_HEADERS = {"host", "content-length", "content-encoding", "transfer-encoding", "connection"}
_S3_KNOWN = {"region", "endpoint", "access-key-id", "secret-access-key", "session-token"}
_SECRET_STEP = re.compile(r"(?<=/)(?=[^/]*\d)[\w~.-]{16,}")
"""Endpoints such as chat hooks carry their secret as a step of the path: long, with a digit."""


class DestinationInvalid(ValueError):
    """This cannot be a destination; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Destination:
    """`kind` is http, s3 or file. `url` is what is requested, for files and buckets the base;
    `path` has no slash at either end."""

    kind: str
    url: str = ""
    host: str = ""
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    region: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values to redact from a receiver's answers."""
        own = (self.access_key, self.secret_key, self.session_token)
        parts = urlsplit(self.url)
        url = (*(value for _, value in _query(parts.query)), *_SECRET_STEP.findall(parts.path))
        return tuple(s for s in (*own, *(v for _, v in self.headers), *url) if len(s) > 3)


def parse_destination(conf: str) -> Destination:
    """The destination in `conf`; raises `DestinationInvalid`."""
    if len(conf) > LONGEST or not conf.isprintable():
        raise DestinationInvalid(f"A destination is one line of at most {LONGEST} characters.")
    try:
        parts = urlsplit(conf)
        parts.port  # noqa: B018  # raises when it is none
    except ValueError as error:
        raise DestinationInvalid("The destination is not a URL.") from error
    kinds = {"http": _http, "https": _http, "s3": _s3, "file": _file}
    if parts.scheme not in kinds:
        raise DestinationInvalid("Destinations start with https://, http://, s3:// or file:///.")
    if parts.fragment or parts.username is not None:
        raise DestinationInvalid("Put credentials in parameters, not in front of the host name.")
    return kinds[parts.scheme](parts)


def redact(conf: str) -> str:
    """The same destination with every secret replaced: what people and the API see."""
    parts = urlsplit(conf)
    plain = {"region", "endpoint"} if parts.scheme == "s3" else set()
    if parts.scheme.startswith("http"):
        parts = parts._replace(path=_SECRET_STEP.sub(REDACTED, parts.path))
    query = [(k, v if k in plain else REDACTED) for k, v in _query(parts.query)]
    return parts._replace(query=urlencode(query, safe="/:")).geturl()


def object_path(destination: Destination, name: str, now: datetime) -> str:
    """Where a batch called `name` lies; `{DATE}` is the day, as YYYYMMDD."""
    folder = destination.path.replace("{DATE}", f"{now:%Y%m%d}")
    return f"{folder}/{name}" if folder else name


def _http(parts: SplitResult) -> Destination:
    if not parts.hostname:
        raise DestinationInvalid("The destination names no host.")
    query = _query(parts.query)
    headers = [(k[len("header_") :], v) for k, v in query if k.startswith("header_")]
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or not value.isprintable() or not value.isascii():
            raise DestinationInvalid(f"header_{name[:64]}: this is no header.")
        if name.lower() in _OWN_HEADERS:
            raise DestinationInvalid(f"header_{name}: this header is not yours to set.")
    rest = [part for part in parts.query.split("&") if not part.startswith("header_")]
    url = parts._replace(query="&".join(rest)).geturl()
    return Destination("http", url, parts.hostname, headers=tuple(headers))


def _s3(parts: SplitResult) -> Destination:
    options = dict(_query(parts.query))
    if unknown := sorted(set(options) - _S3_KNOWN):
        raise DestinationInvalid(f"s3 has no parameter {unknown[0][:40]!r}.")
    for name in ("region", "access-key-id", "secret-access-key"):
        if not options.get(name):
            raise DestinationInvalid(f"An s3 destination needs {name}=….")
    bucket = parts.netloc
    if not _BUCKET.fullmatch(bucket):
        raise DestinationInvalid("s3:// needs a bucket's name first: lower case, 3 to 63 letters.")
    base = _endpoint(options.get("endpoint", ""), bucket, options["region"])
    return Destination(
        "s3",
        base,
        urlsplit(base).hostname or "",
        _steps(parts.path),
        region=options["region"],
        access_key=options["access-key-id"],
        secret_key=options["secret-access-key"],
        session_token=options.get("session-token", ""),
    )


def _endpoint(given: str, bucket: str, region: str) -> str:
    """Amazon's by default; other servers get the bucket in the path."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", region):
        raise DestinationInvalid("region: letters, digits and dashes.")
    if not given:
        return f"https://s3.{region}.amazonaws.com/{bucket}"
    parts = urlsplit(given if "://" in given else f"https://{given}")
    if "@" in parts.netloc or parts.query:
        raise DestinationInvalid("endpoint: expected a host without credentials.")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise DestinationInvalid("endpoint: expected a host, as storage.example.com.")
    return f"{parts.scheme}://{parts.netloc}/{quote(bucket)}"


def _file(parts: SplitResult) -> Destination:
    if parts.netloc or parts.query:
        raise DestinationInvalid("Write file:///folder: a folder below the exports folder.")
    return Destination("file", path=_steps(parts.path))


def _query(text: str) -> list[tuple[str, str]]:
    """A `+` is a plus here: keys and tokens hold them, and people paste them as they are."""
    return parse_qsl(text.replace("+", "%2B"), keep_blank_values=True)


def _steps(path: str) -> str:
    """A relative path whose steps cannot lead elsewhere."""
    steps = [unquote(step) for step in path.split("/") if step]
    for step in steps:
        if not _STEP.fullmatch(step):
            raise DestinationInvalid(f"The path's step {step[:40]!r} cannot be used.")
    return "/".join(steps)
