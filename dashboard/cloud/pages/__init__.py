"""The pages under /cloudflare/.

accounts.py       The list of accounts, connecting one
account_page.py   One account: token, permissions, budget, Workers
worker_page.py    What the Deployments view of a Worker shows
worker_views.py   The view, and its deployments
change_note.py    What became of the last deployment from here
readings.py       Answers of the API, shared by all viewers for some seconds
urls.py
"""
