"""A host that speaks OpenAI's API, on loopback: answers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


class AiServer(ThreadingHTTPServer):
    """`calls` are path, key and body of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def ai_server() -> Iterator[AiServer]:
    with AiServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AiServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._record(None)
        self._answer(200, {"data": [{"id": "llama3", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._record(body)
        if body["model"] == "missing":
            return self._answer(404, {"error": {"message": "model 'missing' not found"}})
        if body.get("stream"):
            return self._stream("chat" in self.path)
        return self._answer(200, _answer_to(self.path, body))

    def _record(self, body: Any) -> None:
        self.server.calls.append((self.path, self.headers.get("authorization", ""), body))

    def _stream(self, is_chat: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for part in ("Hé", "llo"):
            choice = {"delta": {"content": part}} if is_chat else {"text": part}
            event = f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n".encode()
            for piece in (event[:25], event[25:]):  # in the middle of a character
                self.wfile.write(piece)
                self.wfile.flush()
        self.wfile.write(f"data: {json.dumps({'choices': [], 'usage': USAGE})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def _answer(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _answer_to(path: str, body: Any) -> Any:
    if path.endswith("/embeddings"):
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [{"index": n, "embedding": [float(len(text)), 0.5]} for n, text in enumerate(texts)]
        return {"data": data[::-1], "usage": USAGE}
    if path.endswith("/chat/completions"):
        message: dict[str, Any] = {"role": "assistant", "content": "Hi there"}
        if body.get("tools"):
            function = {"name": "weather", "arguments": '{"city": "Boston"}'}
            message = {"content": None, "tool_calls": [{"id": "c1", "function": function}]}
        return {"choices": [{"message": message}], "usage": USAGE}
    return {"choices": [{"text": f"{body['prompt']} … the end"}], "usage": USAGE}
