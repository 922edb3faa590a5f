"""A Worker's page, a version's page, the history.

context.py        What the deployments view shows
history_views.py  All versions and all deployments of a Worker, page by page
views.py          The list of Workers, one Worker's deployments view, one version, the menu
                  of a version
"""
