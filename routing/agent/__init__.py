"""What runs on an edge, and really runs uploads: `python -m routing.agent`, without Django.

limits.py      how a process with somebody's code in it is started: few rights, bounded
encode.py      workerd's configuration as bytes, and the JavaScript that runs beside user code
inspection.py  an upload is checked by really running it
trial.py       the two throw-away runs of an inspection
"""
