"""Django's handle on the room."""

from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "dashboard.observability"
    label = "observability"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard.observability.flags import flags

        flags.connect()
