"""Addresses of policies."""

from django.urls import path

from dashboard.reviews.policy_pages import views

app_name = "policies"
urlpatterns = [
    path("", views.account, name="account"),
    path("<str:name>/", views.worker, name="worker"),
]
