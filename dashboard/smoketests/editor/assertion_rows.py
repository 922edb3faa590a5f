"""An assertion as one row of the form: kind, what, must, value. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.smoketests.suites.document import Assertion


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of assertion: `musts` are (code, words), `what` labels the second column."""

    label: str
    musts: tuple[tuple[str, str], ...]
    what: str = ""
    value: str = "value"
    is_long: bool = False


KINDS: Mapping[str, Kind] = {
    "status": Kind("Status", (("equals", "be"),)),
    "header": Kind(
        "Header",
        (("equals", "equal"), ("contains", "contain"), ("present", "be there")),
        what="name",
    ),
    "json": Kind(
        "JSON path",
        (("equals", "equal"), ("as_text", "read as"), ("present", "be there")),
        what="path",
    ),
    "text": Kind("Text", (("contains", "contain"), ("lacks", "not contain"))),
    "schema": Kind("JSON schema", (("matches", "match"),), value="schema", is_long=True),
    "latency_ms": Kind("Latency", (("under", "be under"),), value="milliseconds"),
    "same_as_stable": Kind(
        "Same as stable",
        (("body", "in status and body"), ("headers", "in headers too")),
        value="except, one JSONPath a line",
        is_long=True,
    ),
    "no_skew": Kind(
        "No skew",
        (("both", "serve each other’s files"),),
        value="files of a page, at most",
    ),
}


@dataclass
class AssertionRow:
    """One row as typed; `error` says what is wrong with it."""

    kind: str
    what: str = ""
    must: str = ""
    value: str = ""
    error: str = ""
    focused: bool = False

    @property
    def about(self) -> Kind:
        return KINDS[self.kind]

    def data(self) -> dict[str, Any]:
        """The assertion in plain values, as YAML has it; what was typed stays when it is wrong."""
        match self.kind:
            case "header":
                compared = {} if self.must == "present" else {self.must: self.value}
                return {"header": self.what, **compared}
            case "json":
                return {"json": self.what, **self._json_value()}
            case "text":
                return {"no_text" if self.must == "lacks" else "text": self.value}
            case "schema":
                return {"schema": json_or_text(self.value)}
            case "same_as_stable":
                return {"same_as_stable": self._differences()}
            case "no_skew":
                return {"no_skew": {"most": self.value.strip()} if self.value.strip() else {}}
            case _:
                return {self.kind: self.value.removesuffix("ms").strip()}

    def _json_value(self) -> dict[str, Any]:
        if self.must == "present":
            return {}
        return {self.must: self.value if self.must == "as_text" else json_or_text(self.value)}

    def _differences(self) -> dict[str, Any]:
        paths = [line.strip() for line in self.value.split("\n") if line.strip()]
        excepted: dict[str, Any] = {"except": paths} if paths else {}
        return excepted | ({"headers": True} if self.must == "headers" else {})


def row_of(assertion: Assertion) -> AssertionRow:
    """The row that `data` turns into the same assertion."""
    data = assertion.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if "header" in data:
        must = next((m for m in ("equals", "contains") if data.get(m) is not None), "present")
        return AssertionRow("header", data["header"], must, data.get(must) or "")
    if "json" in data:
        must = next((m for m in ("equals", "as_text") if m in data), "present")
        value = data.get(must, "")
        text = value if must != "equals" else json.dumps(value, ensure_ascii=False)
        return AssertionRow("json", data["json"], must, text)
    if "no_text" in data:
        return AssertionRow("text", "", "lacks", data["no_text"])
    if "same_as_stable" in data:
        terms = data["same_as_stable"]
        must = "headers" if terms.get("headers") else "body"
        return AssertionRow("same_as_stable", "", must, "\n".join(terms.get("except", ())))
    if "no_skew" in data:
        return AssertionRow("no_skew", "", "both", str(data["no_skew"].get("most", "")))
    [(kind, value)] = data.items()
    text = json.dumps(value, indent=2, ensure_ascii=False) if kind == "schema" else f"{value}"
    return AssertionRow(kind, "", KINDS[kind].musts[0][0], text.removesuffix(".0"))


def row_as_sent(sent: Mapping[str, str], prefix: str) -> AssertionRow | None:
    """A row of the form; None for a kind that there is not."""
    kind = sent.get(f"{prefix}kind", "")
    if kind not in KINDS:
        return None
    codes = [code for code, _ in KINDS[kind].musts]
    must = sent.get(f"{prefix}must", "")
    value = sent.get(f"{prefix}value", "").replace("\r\n", "\n")
    what = sent.get(f"{prefix}what", "").strip()
    return AssertionRow(kind, what, must if must in codes else codes[0], value)


def json_or_text(text: str) -> Any:
    """The JSON value that `text` is, else `text` itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
