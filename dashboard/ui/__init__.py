"""Rendering for every page: the frame, template tags, the palette, help. No rules of its own.

page.py           A page, or for htmx its fragment, from one view
context.py        What the frame needs: navigation, edges
badges.py         Numbers beside entries of the menu
account_menu.py   The account switcher; a room above registers its accounts
help.py           /help/
paging.py         Long lists in pages
redact_url.py     URLs without secrets
messages.py       Texts about full disks and unreachable databases
deploy_checks.py  `manage.py check --deploy`: connections without TLS
http/             Middleware: headers, compression, error responses, unstorable text
jump/             Search or jump to (Ctrl K): verbs, matching, results
assets/           The stylesheet and the script of each page; names with a hash
templatetags/     icons; versions (marks, bars); text_filters (times, reasons, outcomes);
                  cached_include; api_setup (commands); options; assets

Roles, propagation and /healthz are in `dashboard.fleet`.
"""
