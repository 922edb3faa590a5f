"""Two answers of stable and one of the candidate: what differs, and what of it is noise. Pure.

compare.py          status, headers and bodies of three answers → differences, each real or noise
json_diff.py        two documents side by side: every place where they differ, and the lines
list_alignment.py   which elements of two lists belong together
bounded_matcher.py  `difflib` with a limit on its work
noise.py            whether a third value varies as the first two do
noise_mask.py       which differences stable shows against itself
messages.py         a comparison in words
"""
