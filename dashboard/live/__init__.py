"""What happens while somebody looks.

broadcast.py  the one way to the channel layer; push_socket.py the base of every WebSocket
tasks.py      tasks of sockets; database.py their database work, in threads of its own
watching.py   who looks at which Worker's log (models.py); feed.py sends them what the edges told
shown.py      an invocation as lists and live logs show it, rendered once for all
parts.py      which parts of which pages are pushed; the rooms above say how theirs are rendered
announce.py   tells the open pages of all processes that something has changed
audience.py   the viewers of this process: one rendering for all, metrics twice a second at most
origin.py     which pages may open a socket
browser.py    the browsers' WebSocket (sockets.py); static/js/live/ is its other end
signals.py    what the rooms tell each other
"""
