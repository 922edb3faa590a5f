"""Django's handle on the room."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "dashboard.exports"
    label = "exports"
