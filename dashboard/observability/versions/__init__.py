"""Two versions side by side.

side_by_side.py   Figures of two versions, for the dialogs that compare them
slow_requests.py  Requests slower than one threshold, of two versions in the same blocks of
                  time
step_figures.py   What two versions did since one deployment gave them their shares
"""
