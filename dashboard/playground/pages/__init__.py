"""The playground's page.

views.py           the page, a send, its verdict, and later looks at the log
page_context.py    everything on the page, before and beside an answer
saved_views.py     links to sends and saved requests; saving, removing, importing curl
variable_views.py  a Worker's variables
"""
