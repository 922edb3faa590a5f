"""How versions reach the state process: the socket `state.sock` in the edge's folder.

state_socket.py  keeps it there: a link to the state process's own socket, or else the relay
relay.py         passes bytes on, to a socket elsewhere or to another machine
"""
