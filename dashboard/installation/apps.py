from __future__ import annotations

from django.apps import AppConfig


class InstallationConfig(AppConfig):
    name = "dashboard.installation"
    label = "installation"
