"""Django's handle on the room."""

from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "dashboard.rollouts"
    label = "rollouts"
