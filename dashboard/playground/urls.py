"""Addresses of the playground."""

from django.urls import path

from dashboard.playground.affinity import views as explorer_views
from dashboard.playground.check_import import views as check_import
from dashboard.playground.compare import views as compare_views
from dashboard.playground.pages import saved_views, variable_views, views
from dashboard.playground.request import views as form_views
from dashboard.playground.runs import views as many_views

app_name = "playground"
urlpatterns = [
    path("", views.playground, name="playground"),
    path("verdict/", views.verdict, name="verdict"),
    path("proof/<str:ray>/", views.proof, name="proof"),
    path("trail/<str:ray>/", views.trail, name="trail"),
    path("import/", saved_views.import_curl, name="import"),
    path("export/", form_views.export, name="export"),
    path("stage/", form_views.stage, name="stage"),
    path("save/", saved_views.save, name="save"),
    path("r/<uuid:id>/", saved_views.shared, name="shared"),
    path("r/<uuid:id>/body", saved_views.body, name="body"),
    path("r/<uuid:id>/remove", saved_views.forget, name="forget"),
    path("variables/<str:worker>/", variable_views.variables, name="variables"),
    path("many/", many_views.many, name="many"),
    path("many/<uuid:id>/", many_views.run, name="run"),
    path("many/<uuid:id>/stop", many_views.stop, name="stop"),
    path("compare/", compare_views.compare, name="compare"),
    path("compare/<uuid:id>/", compare_views.compared, name="compared"),
    path("checks/<str:name>/import/", check_import.import_checks, name="import_checks"),
    path("keys/", explorer_views.keys, name="keys"),
]
