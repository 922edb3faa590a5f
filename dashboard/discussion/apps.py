"""Django's handle on the room."""

from django.apps import AppConfig


class DiscussionConfig(AppConfig):
    name = "dashboard.discussion"
