"""Workers: the list, one Worker's pages, and the forms that change what is live.

list/               The list of Workers: rows, filters and order, search
page/               A Worker's page, a version's page, both histories
deploy/             The forms: set percentages, promote, roll back; conflicts
editor/             A version made in the browser
diff/               Two versions side by side
schedules/          The Schedules tab: cron triggers and their runs, queue consumers
cloud/              Versions, code and uploads of a Worker of a Cloudflare account
addresses/          Routes and custom domains of a Worker, and the Zones page
queries/            Reads of Workers and versions
reviews/            The review page of one change
templatetags/       worker_head (name, tabs, LIVE strip), rows of the list, lines of code
worker_settings.py  Settings: addresses, previews, where it runs (placement.py), Tail Workers
                    (tail_consumers.py), deletion
messages.py         Texts that are not in templates
tool_commands.py    Commands without a button, for wrangler and CI
push.py             What open pages receive, and when
urls.py             Addresses of all of it
"""
