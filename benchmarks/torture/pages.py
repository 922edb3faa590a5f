"""What /healthz, the Edges page and the Worker page say, as a person would read it there."""

from __future__ import annotations

import html
import re
import ssl

import httpx

_TIMEOUT = 4.0
_TAGS = re.compile(r"<[^>]+>")


class Pages:
    """Signed in once, as the admin."""

    def __init__(
        self, url: str, worker: str, password: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._worker = worker
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT, verify=tls or True)
        self._sign_in(password)

    def say(self) -> str:
        """One line; what does not answer says so."""
        parts = (self._healthz(), self._edges(), self._worker_page())
        return "; ".join(part for part in parts if part)

    def _healthz(self) -> str:
        try:
            answer = self._http.get("/healthz").json()
        except (httpx.HTTPError, ValueError) as error:
            return f"healthz: {_why(error)}"
        reasons = answer.get("reasons", [])
        return f"healthz: {answer.get('status')}" + (f" ({', '.join(reasons)})" if reasons else "")

    def _edges(self) -> str:
        return self._read("edges", "/edges/", r'<h2 id="edge-[^"]*">.*?</h2>\s*(<span.*?</span>)')

    def _worker_page(self) -> str:
        return self._read(
            "worker", f"/workers/{self._worker}/", r'id="edges-pill">(.*?)</span>\s*<'
        )

    def _read(self, name: str, path: str, head: str) -> str:
        try:
            answer = self._http.get(path)
        except httpx.HTTPError as error:
            return f"{name}: {_why(error)}"
        if answer.status_code != 200:
            return f"{name}: {answer.status_code}"
        found = re.findall(head, answer.text, re.S)
        notes = re.findall(
            r'<[a-z]+ class="note is-(?:warn|danger)[^"]*"[^>]*>(.*?)</p>', answer.text, re.S
        )
        words = [_text(part) for part in [*found, *notes]]
        return f"{name}: {' | '.join(word[:90] for word in words if word)}"

    def get(self, path: str) -> httpx.Response:
        """Raises `httpx.HTTPError`."""
        return self._http.get(path)

    def _sign_in(self, password: str) -> None:
        self._http.get("/accounts/login/")
        [csrf] = [c.value for c in self._http.cookies.jar if c.name.endswith("csrftoken")]
        form = {"username": "admin", "password": password, "csrfmiddlewaretoken": csrf}
        referer = {"Referer": str(self._http.base_url.join("/accounts/login/"))}
        answer = self._http.post("/accounts/login/", data=form, headers=referer, timeout=30)
        assert answer.status_code == 302, answer.text

    def close(self) -> None:
        self._http.close()


def _why(error: Exception) -> str:
    return "no answer" if isinstance(error, httpx.HTTPError) else "unreadable"


def _text(markup: str) -> str:
    return " ".join(html.unescape(_TAGS.sub(" ", markup)).split())
