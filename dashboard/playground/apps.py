"""Django's handle on the room."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    name = "dashboard.playground"
    label = "playground"
