"""Plans: their terms as people type them, what each step can notice, and plans saved by name.

texts.py       steps and other terms as texts, over those of another plan                  (pure)
detection.py   what each step of a plan notices at a given traffic                         (pure)
messages.py    what a step notices, in words
"""
