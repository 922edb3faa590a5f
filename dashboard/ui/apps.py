"""Django's handle on the room."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "dashboard.ui"
    label = "ui"

    def ready(self) -> None:
        from dashboard.ui import deploy_checks  # noqa: F401  # registers them
