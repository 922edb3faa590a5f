"""Every address. The API and the edges' own addresses are no pages and sign in by token."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

from dashboard.fleet.health import healthz
from dashboard.installation.readiness import readyz
from dashboard.metrics.views import metrics
from dashboard.trail.activity import activity, download
from dashboard.ui.help import help_page
from dashboard.ui.jump.palette import palette
from dashboard.workers.addresses import zones


def home(request: HttpRequest) -> HttpResponse:
    return redirect("workers:list")


handler400 = "dashboard.api.error_handlers.bad_request"
handler403 = "dashboard.api.error_handlers.permission_denied"
handler404 = "dashboard.api.error_handlers.page_not_found"
handler500 = "dashboard.api.error_handlers.server_error"
urlpatterns = [
    path("", home),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("palette/", palette, name="palette"),
    path("help/", help_page, name="help"),
    path("accounts/", include("dashboard.accounts.urls")),
    path("activity/", activity, name="activity"),
    path("activity/audit.<str:form>", download, name="audit-download"),
    path("inbox/", include("dashboard.notifications.urls_inbox")),
    path("notifications/", include("dashboard.notifications.urls")),
    path("people/", include("dashboard.accounts.people.urls")),
    path("", include("dashboard.observability.requests.urls")),
    path("", include("dashboard.observability.urls")),
    path("", include("dashboard.rollouts.urls")),
    path("", include("dashboard.discussion.urls")),
    path("reviews/", include("dashboard.workers.reviews.urls")),
    path("policies/", include("dashboard.reviews.policy_pages.urls")),
    path("", include("dashboard.smoketests.urls")),
    path("", include("dashboard.overrides.urls")),
    path("workers/", include("dashboard.workers.urls")),
    path("zones/", zones.zones, name="zones"),
    path("zones/add/", zones.add, name="add-zone"),
    path("zones/<str:name>/remove/", zones.remove, name="remove-zone"),
    path("playground/", include("dashboard.playground.urls")),
    path("storage/", include("dashboard.storage.urls")),
    path("exports/", include("dashboard.exports.urls")),
    path("cloudflare/", include("dashboard.cloud.pages.urls")),
    path("cloudflare/<slug:slug>/playground/", include("dashboard.playground.cloud.urls")),
    path("cloudflare/<slug:slug>/workers/<str:name>/", include("dashboard.workers.cloud.urls")),
    path("cloudflare/<slug:slug>/workers/<str:name>/", include("dashboard.cloud.live_log.urls")),
    path("client/v4/", include("dashboard.api.urls")),
    path("api/", include("dashboard.api.sluice.urls")),
    path("", include("dashboard.edges.urls")),
]
