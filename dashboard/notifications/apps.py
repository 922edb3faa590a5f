"""Django's handle on the room."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "dashboard.notifications"
    label = "notifications"

    def ready(self) -> None:
        from dashboard.notifications import deployments, inbox

        deployments.connect()
        inbox.connect()
