"""Deploys approved requests.

deploy_approved.py  deploys exactly what was approved, once
emergency.py        emergency deploys without approvals, and their acknowledgment
sweep.py            periodic: deploys what is approved, expires old requests
"""
