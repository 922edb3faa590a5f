"""Workers as the public writes them, deployed by unmodified wrangler: `make test-public`.

| module | what it has |
| --- | --- |
| `workers/`, `frameworks/` | a folder for each Worker: configuration, sources, `shape.json` |
| `refused.json` | configurations that name a product without a backend here |
| `shape.py` | reads `shape.json`: kinds, commands before the checks, expected answers |
| `project.py` | a scratch copy of a folder: installs packages, builds, calls wrangler |
| `rollout.py` | deploys two versions, steps 0 → 50 → 100, checks answers and overrides |
| `events.py` | checks that are more than one request: WebSockets, streams, cron events |
| `refusals.py` | that a refused configuration changed nothing |
| `__main__.py` | runs them on one system and prints the table |

`__RELEASE__` in a file becomes `one` in the first version and `two` in the second.
"""
