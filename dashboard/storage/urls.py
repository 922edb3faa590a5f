"""Storage: namespaces, and their content."""

from django.urls import include, path

from dashboard.storage.objects import views as object_views
from dashboard.storage.pages import kv_views, views

app_name = "storage"
urlpatterns = [
    path("", views.index, name="list"),
    path("d1/", include("dashboard.storage.d1.urls")),
    path("queue/", include("dashboard.storage.queues.urls")),
    path("objects/", object_views.index, name="objects"),
    path("r2/", include("dashboard.storage.r2.urls")),
    path("dataset/", include("dashboard.storage.datasets.urls")),
    path("mail/", include("dashboard.storage.mail.urls")),
    path("secrets/", include("dashboard.storage.secret_stores.urls")),
    path("new/", views.create, name="create"),
    path("<str:kind>/<str:key>/rename/", views.rename, name="rename"),
    path("<str:kind>/<str:key>/delete/", views.delete, name="delete"),
    path("kv/<str:key>/", kv_views.keys, name="kv"),
    path("kv/<str:key>/value/", kv_views.value, name="kv-value"),
    path("kv/<str:key>/value/content/", kv_views.content, name="kv-content"),
    path("kv/<str:key>/value/save/", kv_views.save, name="kv-save"),
    path("kv/<str:key>/value/delete/", kv_views.delete, name="kv-delete"),
]
