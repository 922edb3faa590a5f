"""Addresses of the playground."""

from django.urls import path

from dashboard.playground import views

app_name = "playground"
urlpatterns = [
    path("", views.playground, name="playground"),
    path("verdict/", views.verdict, name="verdict"),
    path("proof/<str:ray>/", views.proof, name="proof"),
]
