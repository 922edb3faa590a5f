"""The process of background work: `manage.py work` as a child of `make run`."""

from __future__ import annotations

import os

from dashboard.run.memory import collect_rarely, give_back_memory
from routing.hidden_environment import hide


def main() -> None:
    collect_rarely()
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    give_back_memory()
    django.setup()
    from django.core.management import call_command

    call_command("work")


if __name__ == "__main__":
    main()
