"""Signing in and out, and the page about oneself."""

from django.urls import path

from dashboard.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
]
