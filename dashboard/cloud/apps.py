from django.apps import AppConfig


class CloudConfig(AppConfig):
    name = "dashboard.cloud"
    label = "cloud"

    def ready(self) -> None:
        from dashboard.cloud.frame import palette, switcher
        from dashboard.ui import account_menu
        from dashboard.ui.jump import palette as jump

        account_menu.register(switcher.account_menu)
        jump.register(palette.jumps)
