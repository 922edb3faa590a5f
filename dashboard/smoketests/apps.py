"""Django's handle on the room."""

from django.apps import AppConfig


class SmoketestsConfig(AppConfig):
    name = "dashboard.smoketests"
    label = "smoketests"
