"""Requests whose end two servers could see in different places (RFC 9112, 11.2)."""

HEAD = "POST {path} HTTP/1.1\r\nHost: {host}\r\n"
INSIDE = "GET /inside HTTP/1.1\r\nHost: {host}\r\n\r\n"

AMBIGUOUS = {
    "both lengths": "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INSIDE,
    "two lengths": "Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + INSIDE,
    "a list of lengths": "Content-Length: 0, 40\r\n\r\n" + INSIDE,
    "a sign before the length": "Content-Length: +0\r\n\r\n" + INSIDE,
    "an unknown coding": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + INSIDE,
    "chunked is not last": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + INSIDE,
    "a space before the colon": "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + INSIDE,
    "a length of a chunk that is none": "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + INSIDE,
}


def ambiguous(kind: str, host: str, path: str = "/") -> bytes:
    """The bytes of one, with a request for `/inside` where a body could be."""
    return (HEAD + AMBIGUOUS[kind]).format(path=path, host=host).encode()
