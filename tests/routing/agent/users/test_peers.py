"""Who is at the other end of a socket."""

import os
import socket

from routing.agent.users.peers import Peer, peer_of


def test_the_kernel_names_the_process_its_user_and_group():
    one, other = socket.socketpair()
    with one, other:
        assert peer_of(one) == Peer(os.getpid(), os.geteuid(), os.getegid())


def test_a_socket_of_the_network_names_nobody():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as connection:
            found = peer_of(connection)
    assert found is None or found.pid == 0
