"""Django's handle on the room; open pages follow from here on."""

from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "dashboard.rollouts"
    label = "rollouts"

    def ready(self) -> None:
        from dashboard.cloud.signals import disconnecting
        from dashboard.discussion.watch import follow_take_over
        from dashboard.rollouts.actions.owner import follow_hand_over
        from dashboard.rollouts.page import push
        from dashboard.rollouts.remote.approvals import waiting_count
        from dashboard.rollouts.remote.start import keep_account
        from dashboard.ui import badges

        push.connect()
        disconnecting.connect(keep_account)
        badges.register("reviews:inbox", waiting_count)
        follow_take_over(follow_hand_over)
