"""Django's handle on the routing rows."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"
