"""Which pattern wins, compared with a matcher that only enumerates; and what Envoy gets for it."""

import re

from hypothesis import given, settings, strategies as st

from routing.compile import names
from routing.compile.envoy.hosts import hosts_with_routes
from routing.compile.envoy.routes import public_scopes
from routing.rules.addresses.matching import (
    Address,
    matches_host,
    most_specific_first,
    share_hosts,
    winner,
)
from routing.rules.addresses.pattern import host_pattern, parse_pattern
from routing.rules.split import TOTAL
from routing.snapshot import Snapshot
from tests.routing.compile.cases import make_version, make_worker

REFUSED = ("bad-host", "bad-url")
"""Routes that answer no request of this file."""
HOSTS = ["example.com", "a.example.com", "b.a.example.com", "xexample.com", "other.org"]
PATHS = ["/", "/a", "/a/", "/a/b", "/a?q=1", "/ab", "/?q", "/b"]
hosts = st.sampled_from(["example.com", "a.example.com", "b.a.example.com", "other.org"])
paths = st.sampled_from(["/*", "/", "/a", "/a*", "/a/*", "/a/b", "/b"])
texts = st.builds(
    lambda scheme, wildcard, host, path: f"{scheme}{wildcard}{host}{path}",
    st.sampled_from(["", "", "https://", "http://"]),
    st.sampled_from(["", "", "*", "*."]),
    hosts,
    paths,
)


def reference(text: str, url: str) -> bool:
    """Cloudflare's rules as one regular expression of the whole URL."""
    scheme, _, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    starts = "(?:[^/]+[.])?" if re.match(r"[*](?![.])", host) else "[^/]+[.]"
    name = re.escape(host.lstrip("*").lstrip("."))
    host_part = (starts if host.startswith("*") else "") + name
    tail = ".*" if path.endswith("*") else ""
    path_part = re.escape(slash + path.removesuffix("*")) + tail
    return re.fullmatch(f"{scheme or 'https?'}://{host_part}{path_part}", url) is not None


def specificity(text: str) -> tuple[object, ...]:
    """A larger one wins: host, then path, then scheme."""
    scheme, _, rest = text.rpartition("://")
    host, _, path = rest.partition("/")
    wildcard = 0 if re.match(r"[*](?![.])", host) else 1 if host.startswith("*") else 2
    name = host.lstrip("*").lstrip(".")
    is_exact_path = not path.endswith("*")
    return (wildcard == 2, name.count("."), wildcard, is_exact_path, len(path), bool(scheme))


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=8, unique=True))
def test_the_winner_is_the_reference_matchers(patterns):
    patterns = sorted({str(parse_pattern(text)) for text in patterns})
    addresses = [Address(parse_pattern(text), f"w{n}") for n, text in enumerate(patterns)]
    for scheme in ("http", "https"):
        for host in HOSTS:
            for path in PATHS:
                matching = [t for t in patterns if reference(t, f"{scheme}://{host}{path}")]
                expected = max(matching, key=specificity, default=None)
                found = winner(addresses, scheme, host, path)
                assert (str(found.pattern) if found else None) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6, unique=True), st.booleans())
def test_envoy_gets_the_winner_of_every_url(patterns, with_domain):
    """The scope that a host leads to, interpreted as Envoy does, names the winner's Worker."""
    patterns = sorted({str(parse_pattern(text)) for text in patterns})
    domains = ("a.example.com",) if with_domain else ()
    workers = [
        make_worker(f"w{n}", (make_version(n + 1), TOTAL), hostnames=(), routes=(text,))
        for n, text in enumerate(patterns[:-1])
    ]
    workers += [make_worker("domain", (make_version(90), TOTAL), hostnames=domains)]
    snapshot = Snapshot(revision=1, workers=tuple(workers), disabled_routes=(patterns[-1],))
    addresses = [Address(parse_pattern(text), f"w{n}") for n, text in enumerate(patterns[:-1])]
    addresses += [Address(parse_pattern(patterns[-1]), "")]
    addresses += [Address(host_pattern(host), "domain", is_domain=True) for host in domains]
    scopes = public_scopes(snapshot)
    for scheme in ("http", "https"):
        for host in HOSTS:
            for path in PATHS:
                found = winner(addresses, scheme, host, path)
                assert answered(scopes, scheme, host, path) == (found.worker if found else "")


def answered(scopes, scheme, host, path) -> str:
    """The Worker whose route Envoy takes for a request without special headers; "" for none."""
    keys = [names.scope(names.PUBLIC, host)]
    keys += [
        names.scope(names.WILDCARD, host.split(".", n)[n]) for n in range(1, host.count(".") + 1)
    ]
    key = next((key for key in keys if key in scopes), None)
    if key is None:
        return ""
    [table] = scopes[key]["route_configuration"]["virtual_hosts"]
    sent = {":path": path, "x-forwarded-proto": scheme}
    for route in table["routes"]:
        match = route["match"]
        if "path" in match or "dynamic_metadata" in match:
            continue
        limits = [h for h in match.get("headers", ()) if "exact" in h.get("string_match", {})]
        limits = [h for h in limits if h["name"] in sent]
        is_matched = all(sent[h["name"]] == h["string_match"]["exact"] for h in limits)
        if path.startswith(match["prefix"]) and is_matched and route["name"] not in REFUSED:
            return names.parse_route(route["name"])[0]
    return ""


def test_examples_of_the_documentation():
    def first(*patterns, url):
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        addresses = [Address(parse_pattern(text), text) for text in patterns]
        found = winner(addresses, scheme, host, f"/{path}")
        return found.worker if found else ""

    specific, wide = "www.example.com/*", "*.example.com/*"
    assert first(specific, wide, url="https://www.example.com/") == specific
    assert first("*.example.com/a", "a.example.com/*", url="https://a.example.com/a") == (
        "a.example.com/*"
    )
    assert first("example.com/a", url="https://example.com/a?q=1") == ""
    assert first("example.com/a*", url="https://example.com/a?q=1") == "example.com/a*"


def test_a_route_wins_over_a_custom_domain_of_the_same_host():
    domain = Address(host_pattern("app.example.com"), "app", is_domain=True)
    route = Address(parse_pattern("app.example.com/*"), "log")
    assert most_specific_first([domain, route]) == [route, domain]


def test_a_custom_domain_wins_over_a_wildcard():
    worker = make_worker("app", (make_version(1), TOTAL), hostnames=("app.example.com",))
    other = make_worker("log", (make_version(2), TOTAL), hostnames=(), routes=("*example.com/*",))
    snapshot = Snapshot(revision=1, workers=(worker, other))
    assert "public|app.example.com" not in hosts_with_routes(snapshot)
    assert answered(public_scopes(snapshot), "http", "app.example.com", "/") == "app"


@given(texts, texts)
def test_patterns_share_hosts_if_a_name_matches_both(one, other):
    mine, theirs = parse_pattern(one), parse_pattern(other)
    names = {name for p in (mine, theirs) for name in (p.host, f"x.{p.host}")}
    both = any(matches_host(mine, name) and matches_host(theirs, name) for name in names)
    assert share_hosts(mine, theirs) is both
