"""The Django app: requests on their way to edges on other machines."""

from django.apps import AppConfig


class SendingConfig(AppConfig):
    name = "dashboard.sending"
    label = "sending"
