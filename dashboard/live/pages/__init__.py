"""Parts of open pages that are pushed, and who else has a page open.

consumer.py        The browsers' WebSocket
fragments.py       The parts of a page that are pushed
presence.py        Who has a page about a Worker open
updates.py         Telling open pages, in every web process
viewer_updates.py  Tells the viewers of one process who else looks
viewers.py         Those who look at pages of this process
"""
