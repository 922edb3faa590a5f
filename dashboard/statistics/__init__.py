"""Statistics behind every figure that decides something. Pure: no I/O, clock or random draws.

| file | question it answers |
| --- | --- |
| `blocks.py` | What did two versions do in the same minute? |
| `comparison.py` | Does the candidate fail more often than stable? By how much? |
| `proportion.py` | What share of one version's requests fails? |
| `binomial.py` | Does the observed split match the configured one? |
| `detection.py` | How many errors, and minutes, until a rise is noticed? |
| `latency.py` | From how many requests on does a quantile have an upper limit? |

`comparison` and `proportion` are valid at every look (Ville's inequality): checking them after each
request does not raise the rate of false alarms above `alpha`. `binomial` is for a sample of fixed
size.
"""
