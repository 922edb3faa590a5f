"""Pushing fragments to open pages: announce(group, html) and the sockets."""
