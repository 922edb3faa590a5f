"""Addresses of Workers, their versions and deployments, and the forms that change them."""

from django.urls import path

from dashboard.workers import worker_settings
from dashboard.workers.addresses import views as address_views
from dashboard.workers.deploy import views as changes
from dashboard.workers.diff import views as diff
from dashboard.workers.editor import views as editor
from dashboard.workers.page import history_views, views
from dashboard.workers.queries import addresses, module_text
from dashboard.workers.schedules import views as schedules

app_name = "workers"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", editor.new, name="new"),
    path("<str:name>/", views.detail, name="detail"),
    path("<str:name>/actions/", views.actions, name="actions"),
    path("<str:name>/edit/", editor.edit, name="edit"),
    path("<str:name>/address/", addresses.switch_worker, name="address"),
    path("<str:name>/split/", changes.split, name="split"),
    path("<str:name>/rollback/", changes.roll_back, name="rollback"),
    path("<str:name>/deployments/", history_views.deployments, name="deployments"),
    path(
        "<str:name>/deployments/<uuid:deployment_id>/", history_views.deployment, name="deployment"
    ),
    path("<str:name>/versions/", history_views.versions, name="versions"),
    path("<str:name>/versions/<uuid:version_id>/", views.version, name="version"),
    path(
        "<str:name>/versions/<uuid:version_id>/modules/<int:position>/",
        module_text.module,
        name="module",
    ),
    path("<str:name>/versions/<uuid:version_id>/addresses/", addresses.switch, name="addresses"),
    path("<str:name>/schedules/", schedules.schedules, name="schedules"),
    path("<str:name>/schedules/add/", schedules.add, name="add-schedule"),
    path("<str:name>/schedules/<int:schedule_id>/edit/", schedules.edit, name="edit-schedule"),
    path(
        "<str:name>/schedules/<int:schedule_id>/remove/", schedules.remove, name="remove-schedule"
    ),
    path("<str:name>/schedules/<int:schedule_id>/run/", schedules.run_now, name="run-schedule"),
    path("<str:name>/schedules/runs/<uuid:event_id>/", schedules.run, name="schedule-run"),
    path("<str:name>/settings/", worker_settings.settings, name="settings"),
    path("<str:name>/settings/groups/", worker_settings.set_groups, name="groups"),
    path("<str:name>/settings/tails/", worker_settings.set_tails, name="tails"),
    path("<str:name>/settings/addresses/", address_views.add, name="add-address"),
    path(
        "<str:name>/settings/addresses/<str:kind>/<str:address_id>/remove/",
        address_views.remove,
        name="remove-address",
    ),
    path("<str:name>/settings/previews/", worker_settings.switch_previews, name="previews"),
    path("<str:name>/settings/delete/", worker_settings.delete, name="delete"),
    path("<str:name>/diff/", diff.choose, name="compare"),
    path("<str:name>/diff/<uuid:left>...<uuid:right>/", diff.diff, name="diff"),
    path("<str:name>/versions/<uuid:version_id>/menu/", views.menu, name="menu"),
]
