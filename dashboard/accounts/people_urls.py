"""The page of people and tokens."""

from django.urls import path

from dashboard.accounts import people_views

app_name = "people"
urlpatterns = [
    path("", people_views.index, name="list"),
    path("invite/", people_views.invite, name="invite"),
    path("<int:user_id>/", people_views.act, name="act"),
    path("tokens/", people_views.make, name="make-token"),
    path("tokens/<int:token_id>/", people_views.end, name="end-token"),
]
