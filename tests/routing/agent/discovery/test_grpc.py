"""The gRPC server, against an HTTP/2 client."""

import asyncio
import os

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived

from routing.agent.discovery.grpc import METHOD, GrpcServer

LARGE = os.urandom(300_000)
"""More than HTTP/2 lets a server send before the client has read."""


class Echo:
    """Answers each message with itself."""

    def __init__(self, pid, send):
        self.pid, self.send, self.ended = pid, send, asyncio.Event()

    def received(self, message):
        if message == b"bad":
            raise ValueError("bad")
        self.send(message)

    def closed(self):
        self.ended.set()


class Client:
    async def connect(self, path, method=METHOD):
        self.reader, self.writer = await asyncio.open_unix_connection(path)
        self.h2 = H2Connection(H2Configuration(client_side=True))
        self.h2.initiate_connection()
        headers = {":method": "POST", ":scheme": "http", ":authority": "x", ":path": method}
        self.h2.send_headers(1, list(headers.items()))
        self.buffer, self.status = b"", {}
        await self.flush()
        return self

    async def flush(self):
        self.writer.write(self.h2.data_to_send())
        await self.writer.drain()

    async def send(self, message):
        framed = b"\0" + len(message).to_bytes(4, "big") + message
        while framed:
            size = min(self.h2.local_flow_control_window(1), 16_384)
            if size == 0:
                await self.read()
                continue
            self.h2.send_data(1, framed[:size])
            framed = framed[size:]
            await self.flush()

    async def read(self):
        data = await asyncio.wait_for(self.reader.read(65_536), 10)
        if not data:
            raise EOFError
        for event in self.h2.receive_data(data):
            if isinstance(event, DataReceived):
                self.buffer += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, 1)
            elif isinstance(event, ResponseReceived):
                self.status = dict(event.headers)
        await self.flush()

    def end(self):
        return 5 + int.from_bytes(self.buffer[1:5], "big")

    async def message(self):
        while len(self.buffer) < 5 or len(self.buffer) < self.end():
            await self.read()
        end = self.end()
        message, self.buffer = self.buffer[5:end], self.buffer[end:]
        return message


@pytest.fixture
async def served(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    streams = []

    def connect(pid, send):
        streams.append(Echo(pid, send))
        return streams[-1]

    server = GrpcServer("xds.sock", connect)
    await server.start()
    yield streams
    server.stop()


@pytest.fixture
async def connect(served):
    clients = []

    async def connect(method=METHOD):
        clients.append(await Client().connect("xds.sock", method))
        return clients[-1]

    yield connect
    for client in clients:
        client.writer.close()


async def test_messages_of_any_size_go_both_ways(served, connect):
    client = await connect()
    for message in (b"one", b"", LARGE):
        await client.send(message)
        assert await client.message() == message
    assert served[0].pid in (None, os.getpid())
    client.writer.close()
    await asyncio.wait_for(served[0].ended.wait(), 10)


async def test_another_method_does_not_exist(served, connect):
    client = await connect("/another/Method")
    while not client.status:
        await client.read()
    assert client.status[b"grpc-status"] == b"12" and not served


async def test_a_message_that_is_invalid_ends_the_connection(connect):
    client = await connect()
    await client.send(b"bad")
    with pytest.raises((EOFError, ConnectionError)):
        while True:
            await client.read()


async def test_what_is_not_http2_ends_the_connection(served):
    reader, writer = await asyncio.open_unix_connection("xds.sock")
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert not served
