"""The process that leads rollouts on: `manage.py conduct` as a child of `make run`."""

from __future__ import annotations

import os

from routing.hidden_environment import hide


def main() -> None:
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("conduct")


if __name__ == "__main__":
    main()
