"""Django's handle on the room; open pages follow from here on."""

from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "dashboard.rollouts"
    label = "rollouts"

    def ready(self) -> None:
        from dashboard.rollouts.page import push

        push.connect()
