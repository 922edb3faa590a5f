"""Workers: the list, one Worker's deployments and versions, and the forms that change the split.

views.py     list, deployments, one version
changes.py   set percentages (stage, step up, promote) and roll back: plain forms
proposal.py  the split somebody asks for, and what would be live after it
reads.py     the queries, in a number that does not grow with the rows
history.py   states and timeline entries in words
commands.py  the same change as wrangler and curl
"""
