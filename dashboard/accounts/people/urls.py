"""The page of people and tokens."""

from django.urls import path

from dashboard.accounts.people import views

app_name = "people"
urlpatterns = [
    path("", views.index, name="list"),
    path("invite/", views.invite, name="invite"),
    path("<int:user_id>/", views.act, name="act"),
    path("tokens/", views.make, name="make-token"),
    path("tokens/<int:token_id>/", views.end, name="end-token"),
]
