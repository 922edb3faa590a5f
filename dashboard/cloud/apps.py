from django.apps import AppConfig


class CloudConfig(AppConfig):
    name = "dashboard.cloud"
    label = "cloud"
