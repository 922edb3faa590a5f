"""The pages under /cloudflare/.

accounts.py       The list of accounts, connecting one
account_page.py   One account: token, permissions, budget, Workers
workers_page.py   The followed Workers and what is live
worker_page.py    What the Deployments view of a Worker shows
worker_views.py   The view, and its deployments
verification_note.py  Whether requests confirmed the live deployment
change_note.py    What became of the last deployment from here
urls.py
"""
