"""The process that leads rollouts on: `manage.py conduct` as a child of `make run`."""

from __future__ import annotations

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("conduct")


if __name__ == "__main__":
    main()
