"""Django's handle on the room; open pages follow from here on."""

from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "dashboard.rollouts"
    label = "rollouts"

    def ready(self) -> None:
        from dashboard.discussion.signals import taken_over
        from dashboard.rollouts.owner import follow_hand_over
        from dashboard.rollouts.page import push

        push.connect()
        taken_over.connect(follow_hand_over, dispatch_uid="owners follow hand-overs")
