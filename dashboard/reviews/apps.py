"""Django's handle on the room."""

from django.apps import AppConfig
from django.db.models.signals import post_save


class ReviewsConfig(AppConfig):
    name = "dashboard.reviews"
    label = "reviews"

    def ready(self) -> None:
        from dashboard.reviews.inbox.queue import waiting_count
        from dashboard.reviews.proposals import notices
        from dashboard.reviews.proposals.decisions import invalidate
        from dashboard.reviews.signals import policy_saved
        from dashboard.smoketests.models import SuiteEdit
        from dashboard.ui import badges
        from routing.models import Deployment

        post_save.connect(invalidate.deployed, sender=Deployment)
        post_save.connect(invalidate.suite_saved, sender=SuiteEdit)
        policy_saved.connect(invalidate.policy_saved)
        badges.register("reviews:inbox", waiting_count)
        notices.connect()
