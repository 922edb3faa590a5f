"""What the edge should run, what it runs, and the difference. Pure.

plan.py    What to do next
state.py   What an edge holds
status.py  What the agent says about itself
"""
