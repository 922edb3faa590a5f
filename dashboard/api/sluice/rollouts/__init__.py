"""Rollouts, plans and backtests of the API below `/api/`.

backtests.py     Backtests
plan_schemas.py  Plans as Sluice's own API reads and answers them
plans.py         Saved plans
rollouts.py      Rollouts
"""
