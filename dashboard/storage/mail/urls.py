"""Paths of *Sent mail*, below `/storage/mail/`."""

from django.urls import path

from dashboard.storage.mail import views

urlpatterns = [
    path("", views.index, name="mail"),
    path("<int:message>/content/", views.content, name="mail-content"),
]
