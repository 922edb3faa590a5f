"""The pages of remote rollouts, under the address of their Worker in /cloudflare/.

views.py       one rollout, its actions, approvals
context.py     what its page shows, each part as of its own time
buttons.py     what a person can do now
start_views.py the page that starts one
start_form.py  its fields, as values
"""
