"""Signing in and out, and the page about oneself."""

from allauth.account.views import reauthenticate
from django.urls import include, path

from dashboard.accounts import views
from dashboard.accounts.passwords import views as password_views
from dashboard.accounts.sign_in import browser_views, factor_views
from dashboard.accounts.sign_in.provider import views as provider_views

urlpatterns = [
    path("", views.account, name="account"),
    path("browsers/", browser_views.browsers, name="browsers"),
    path("browsers/end/", browser_views.end, name="end-browser"),
    # allauth finds our pages by its own names.
    path("login/", views.sign_in, name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("reauthenticate/", reauthenticate, name="account_reauthenticate"),
    path("2fa/", factor_views.index, name="mfa_index"),
    path("2fa/authenticate/", factor_views.authenticate, name="mfa_authenticate"),
    path("2fa/webauthn/login/", factor_views.sign_in_with_passkey, name="mfa_login_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("oidc/<str:provider_id>/login/", provider_views.login, name="openid_connect_login"),
    path(
        "oidc/<str:provider_id>/login/callback/",
        provider_views.callback,
        name="openid_connect_callback",
    ),
    path("sso/cancelled/", views.cancelled, name="socialaccount_login_cancelled"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("password/", password_views.change_password, name="change-password"),
    path("password/<uidb64>/<token>/", password_views.set_password, name="set-password"),
]
