"""The inbox, and what a person gets there."""

from django.urls import path

from dashboard.notifications import inbox
from dashboard.notifications.settings import preference_views

app_name = "inbox"
urlpatterns = [
    path("", inbox.index, name="list"),
    path("bell/", inbox.bell_now, name="bell"),
    path("read/", inbox.read, name="read"),
    path("preferences/", preference_views.preferences, name="preferences"),
    path("preferences/follow/", preference_views.follow, name="follow"),
    path("preferences/test/", preference_views.send_test, name="test"),
    path("<int:item_id>/", inbox.open_item, name="open"),
]
