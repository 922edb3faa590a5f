"""Addresses of reviews."""

from django.urls import path

from dashboard.reviews.inbox.views import inbox
from dashboard.workers.reviews import views

app_name = "reviews"
urlpatterns = [
    path("", inbox, name="inbox"),
    path("<uuid:review_id>/", views.detail, name="detail"),
    path("<uuid:review_id>/try/", views.try_first, name="try"),
    path("<uuid:review_id>/again/", views.ask_again, name="again"),
    path("<uuid:review_id>/<slug:verb>/", views.decide, name="decide"),
]
