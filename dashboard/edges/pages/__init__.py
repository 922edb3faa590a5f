"""The Edges pages.

edge_list.py  every edge with its processes, and tokens that wait for an edge to join
add_edge.py   the form for a join token, the token (once), and whether its edge has joined
edge_page.py  one edge: facts, tokens, and the forms to change it
changes.py    what these forms do
"""
