"""Asks the part of Sluice that runs in this container: exit code 0 if it is healthy.

An address may be given, or a file that the part touches while it is alive; the default is /healthz
of the web process.
"""

import os
import sys
import time
import urllib.error
import urllib.request

ADDRESS = "http://127.0.0.1:8000/healthz"


FRESH_SECONDS = 60


def main(address: str) -> int:
    try:
        if address.startswith("/"):
            return int(time.time() - os.stat(address).st_mtime > FRESH_SECONDS)
        with urllib.request.urlopen(address, timeout=4) as answer:
            return int(answer.status != 200)
    except (OSError, urllib.error.URLError) as error:
        print(f"{address}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or [ADDRESS]))
