"""The page of webhooks, for admins."""

from django.urls import path

from dashboard.notifications.settings import webhook_views

app_name = "notifications"
urlpatterns = [
    path("", webhook_views.index, name="settings"),
    path("new/", webhook_views.create, name="create"),
    path("again/", webhook_views.again, name="again"),
    path("<int:webhook_id>/", webhook_views.act, name="act"),
]
