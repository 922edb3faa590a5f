"""Django's handle on the room; open pages follow from here on."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "dashboard.workers"
    label = "workers"

    def ready(self) -> None:
        from dashboard.workers import push

        push.connect()
