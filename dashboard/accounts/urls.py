"""Signing in and out, and the page about oneself."""

from django.urls import path

from dashboard.accounts import password_views, views

urlpatterns = [
    path("", views.account, name="account"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("password/", password_views.change_password, name="change-password"),
    path("password/<uidb64>/<token>/", password_views.set_password, name="set-password"),
]
