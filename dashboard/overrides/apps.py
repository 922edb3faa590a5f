from django.apps import AppConfig


class OverridesConfig(AppConfig):
    name = "dashboard.overrides"

    def ready(self) -> None:
        from dashboard.accounts.signals import person_switched_off
        from dashboard.overrides.links import revoke_all_by

        person_switched_off.connect(revoke_all_by, dispatch_uid="links of people who left")
