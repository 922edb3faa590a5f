"""Approved proposals on their way to a deployment.

deploy_approved.py  Deploys what was approved, exactly as proposed, once
emergency.py        Emergency deploy
sweep.py            The conductor's look at reviews
"""
