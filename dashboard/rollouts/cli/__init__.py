"""Options and output of `manage.py rollout`.

arguments.py    the options of each action, and the plan that they make
backtest.py     the backtest
junit.py        the rollout and its checks as JUnit XML
saved_plans.py  plans, save-plan, rename-plan, delete-plan
"""
