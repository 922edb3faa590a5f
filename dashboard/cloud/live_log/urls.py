"""The address of a Worker's live log under /cloudflare/ACCOUNT/workers/NAME/."""

from django.urls import path

from dashboard.cloud.live_log import views

app_name = "cloud_log"
urlpatterns = [path("log/", views.log, name="log")]
