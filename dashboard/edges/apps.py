"""The Django app. Connects `notify_agents` to changes of the desired state."""

from django.apps import AppConfig


class EdgesConfig(AppConfig):
    name = "dashboard.edges"
    label = "edges"

    def ready(self) -> None:
        from dashboard.edges.protocol import notify_agents

        notify_agents.connect()
