"""Stacks of exceptions in the words of the sources. The bundle was made by esbuild."""

import json

import pytest

from dashboard.observability.ingest import source_maps
from dashboard.observability.ingest.source_maps import mapped, maps_of
from routing.models import InvocationDetail
from routing.upload_draft import Part
from tests.dashboard.observability.ingest.test_worker_logs import DETAIL, edge, post
from tests.factories import make_draft, make_version

__all__ = ["edge"]
BUNDLE = b"""// w/a.ts
function helper(n) {
  if (n > 3) {
    throw new Error("helper failed");
  }
  return String(n);
}

// w/i.ts
var i_default = { async fetch(req) {
  return new Response(helper(new URL(req.url).pathname.length));
} };
export {
  i_default as default
};
"""
SOURCES = [
    "export function helper(n: number): string {\n  if (n > 3) {\n"
    '    throw new Error("helper failed");\n  }\n  return String(n);\n}\n',
    'import {helper} from "./a";\nexport default { async fetch(req: Request) '
    "{ return new Response(helper(new URL(req.url).pathname.length)); } };\n",
]
MAPPINGS = (
    ";AAAO,SAAS,OAAO,GAAmB;AACxC,MAAI,IAAI,GAAG;AACT,UAAM,IAAI,MAAM,eAAe;AAAA,EACjC;"
    "AACA,SAAO,OAAO,CAAC;AACjB;;;ACJA,IAAO,YAAQ,EAAE,MAAM,MAAM,KAAc;AAAE,SAAO,IAAI,SAAS,"
    "OAAO,IAAI,IAAI,IAAI,GAAG,EAAE,SAAS,MAAM,CAAC;AAAG,EAAE;"
)
MAP = json.dumps(
    {"version": 3, "sources": ["a.ts", "i.ts"], "sourcesContent": SOURCES, "mappings": MAPPINGS}
).encode()
STACK = "    at helper (index.js:4:11)\n    at Object.fetch (index.js:11:23)\n    at other.js:1:2"


def version(source_map=MAP):
    parts = [
        Part("index.js", "application/javascript+module", BUNDLE),
        Part("index.js.map", "application/source-map", source_map),
    ]
    draft = make_draft()
    return make_version("shop", type(draft)(**{**_fields(draft), "parts": tuple(parts)}))


def _fields(draft):
    return {name: getattr(draft, name) for name in draft.__slots__}


def test_each_line_names_its_source(db):
    made = version()
    with_maps = mapped(STACK, maps_of([str(made.pk)])[str(made.pk)])
    assert with_maps.split("\n") == [
        "    at helper (a.ts:3:11)",
        "    at i_default.fetch (i.ts:2:66)",
        "    at other.js:1:2",
    ]


def test_a_stored_stack_is_mapped(edge):
    exception = {"name": "Error", "message": "helper failed", "stack": STACK, "timestamp": 1}
    row = DETAIL | {"version_id": str(version().pk), "exceptions": [exception]}
    assert post(edge, row).status_code == 204
    assert "a.ts:3:11" in InvocationDetail.objects.get().exceptions[0]["stack"]


@pytest.mark.parametrize("source_map", [b"", b"[]", b"{", b'{"version":3,"mappings":"%"}'])
def test_a_map_that_cannot_be_read_changes_nothing(db, source_map):
    made = version(source_map)
    assert mapped(STACK, maps_of([str(made.pk)])[str(made.pk)]) == STACK


def test_maps_are_read_once(db, django_assert_num_queries):
    made = version()
    source_maps._cache.cache.clear()
    with django_assert_num_queries(2):
        maps_of([str(made.pk)])
    with django_assert_num_queries(1):
        maps_of([str(made.pk)])


def test_a_version_that_is_gone_has_no_maps(db):
    assert maps_of(["v", "00000000-0000-4000-8000-000000000000"]) == {}
