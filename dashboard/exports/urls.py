"""The page of the export jobs and its forms."""

from django.urls import path

from dashboard.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.create, name="create"),
    path("<int:job_id>/", views.act, name="act"),
]
