"""Rollouts under `/api/`.

rollouts.py      rollouts: start, change, act, record
plans.py         saved plans
plan_schemas.py  plans as JSON
backtests.py     backtests
"""
