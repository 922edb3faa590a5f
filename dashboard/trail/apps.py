"""Django's handle on the room."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "dashboard.trail"
    label = "trail"
