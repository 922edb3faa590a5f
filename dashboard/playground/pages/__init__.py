"""The playground's page and its saved requests and variables.

page_context.py    Everything the page shows about one request, before and after it is sent
saved_views.py     What is kept
variable_views.py  The page of a Worker's variables
views.py           The playground's page
"""
