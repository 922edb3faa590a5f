"""Entry of `make run`: settings first, then `supervisor`."""

from __future__ import annotations

import os
import sys

from dashboard.run.memory import collect_rarely
from routing.hidden_environment import hide


def main() -> int:
    collect_rarely()
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        print(f"Sluice cannot start: {error}", file=sys.stderr)
        return 1
    from dashboard.run import supervisor  # needs the apps loaded

    return supervisor.run()


if __name__ == "__main__":
    raise SystemExit(main())
