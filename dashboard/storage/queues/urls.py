"""Paths of a queue's page, below `/storage/queue/`."""

from django.urls import path

from dashboard.storage.queues import views

urlpatterns = [
    path("<str:key>/", views.detail, name="queue"),
    path("<str:key>/change/", views.change, name="queue-change"),
]
