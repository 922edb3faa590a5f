"""Checks that are more than one request. Each gets the system, the Worker and its release."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from socket import create_connection

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.eventually import eventually
from tests.running import System


def echo_over_websocket(system: System, worker: str, release: str) -> None:
    """Text and bytes come back, and the Worker closes with its code."""
    url = f"ws://{worker}.localhost:{system.edge_port}/socket"
    plain = create_connection(("127.0.0.1", system.edge_port), 20)
    with connect(url, sock=plain, open_timeout=20) as socket:
        for sent, expected in (("hello", f"{release} hello"), (b"\x00\x01", b"\x00\x01")):
            socket.send(sent)
            answer = socket.recv(20)
            assert answer == expected, f"{answer!r} instead of {expected!r}"
        socket.send("close")
        with suppress(ConnectionClosed):
            answer = socket.recv(20)
            raise AssertionError(f"{answer!r} instead of the end")
        assert socket.close_code == 4001, f"closed with {socket.close_code}"


def parts_arrive_as_they_are_sent(system: System, worker: str, release: str) -> None:
    """The first part is here while the Worker still waits with the last one."""
    url = f"http://127.0.0.1:{system.edge_port}/slow"
    headers = {"Host": f"{worker}.localhost", "Accept-Encoding": "identity"}
    with system.client.stream("GET", url, headers=headers) as answer:
        parts = [part for part in answer.iter_raw() if part]
    assert b"".join(parts).decode() == f"{release} 1\n{release} 2\n{release} 3\n"
    assert len(parts) > 1, "one part: the answer was collected before it was sent"


def cron_runs_now(system: System, worker: str, release: str) -> None:
    """*Run now* on the page calls the handler of the active version."""
    base = f"http://127.0.0.1:{system.http_port}"
    cookies = {"sessionid": system.session("admin")}
    with httpx.Client(base_url=base, cookies=cookies, headers={"Referer": base}) as browser:
        page = browser.get(f"/workers/{worker}/schedules/").text
        action = re.search(r'action="([^"]*/run/)"', page)
        assert action, page
        form = {"version": "", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post(action[1], data=form)
        assert answer.status_code == 302, answer.text
    expected = f"{release} ran 0 3 * * *"
    assert eventually(lambda: expected in system.get(worker).text, 30)


def data_points_are_queried(system: System, worker: str, release: str) -> None:
    """The SQL API has the points of both releases."""
    sql = "SELECT index1, MIN(double1) AS one FROM visits GROUP BY index1"

    def both() -> bool:
        rows = system.api("POST", "/analytics_engine/sql", content=sql).json()["data"]
        return {row["index1"] for row in rows if row["one"] == 1} == {"one", release}

    assert eventually(both, 30)


def mail_is_in_the_folder(system: System, worker: str, release: str) -> None:
    """As it was sent, of both releases."""
    folder = system.data_dir / "mail"

    def subjects() -> set[str]:
        mails = [path.read_text() for path in folder.glob("*.eml")]
        return {line for mail in mails for line in mail.splitlines() if "Subject" in line}

    expected = {"Subject: Order of one", f"Subject: Order of {release}"}
    assert eventually(lambda: expected <= subjects(), 30)


def objects_count_exactly(system: System, worker: str, release: str) -> None:
    """Every increment is counted once, while objects move between two versions."""
    answer = system.api("GET", f"/workers/scripts/{worker}/versions").json()
    newest, older = (version["id"] for version in answer["result"]["items"][:2])
    names = [f"counter-{n}" for n in range(20)]
    for percentage in (100, 40, 60, 0, 100):
        system.deploy(worker, (newest, percentage), (older, 100 - percentage))
        for name in names:
            answer = system.get(worker, f"/increment?name={name}")
            assert answer.status_code == 200, answer.text
    values = {system.get(worker, f"/value?name={name}").json()["value"] for name in names}
    assert values == {5}, values


def a_room_sends_to_everyone(system: System, worker: str, release: str) -> None:
    """Two clients of one room see both messages; another room sees none; "ping" is answered."""

    def enter(room: str, name: str) -> ClientConnection:
        plain = create_connection(("127.0.0.1", system.edge_port), 20)
        url = f"ws://{worker}.localhost:{system.edge_port}/room/{room}?name={name}"
        return connect(url, sock=plain, open_timeout=20)

    with enter("tea", "ada") as ada, enter("tea", "bob") as bob, enter("quiet", "eve") as eve:
        ada.send("hello")
        for socket in (ada, bob):
            line = json.loads(socket.recv(20))
            assert (line["name"], line["message"]) == ("ada", "hello"), line
        eve.send("ping")
        assert eve.recv(20) == "pong"
        bob.close(4000)
        assert bob.close_code in (4000, None), bob.close_code
        ada.send("again")
        assert json.loads(ada.recv(20))["message"] == "again"


EVENTS: Mapping[str, Callable[[System, str, str], None]] = {
    "cron": cron_runs_now,
    "mail": mail_is_in_the_folder,
    "data points": data_points_are_queried,
    "object-chat": a_room_sends_to_everyone,
    "object-counter": objects_count_exactly,
    "websocket": echo_over_websocket,
    "streaming": parts_arrive_as_they_are_sent,
}
