"""Django's handle on the room."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "dashboard.notifications"
    label = "notifications"

    def ready(self) -> None:
        from dashboard.notifications import inbox
        from dashboard.notifications.sources import deployments

        deployments.connect()
        inbox.connect()
