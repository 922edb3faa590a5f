"""Lines of ended rollouts go after a while; the rollout itself stays in the lists.

prune.py  deletes expired rows; run by `dashboard.work`
"""
