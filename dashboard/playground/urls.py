"""Addresses of the playground."""

from django.urls import path

from dashboard.playground import (
    compare_views,
    explorer_views,
    kept_views,
    many_views,
    variable_views,
    views,
)
from dashboard.playground.form import only_storable

app_name = "playground"
urlpatterns = [
    path("", only_storable(views.playground), name="playground"),
    path("verdict/", only_storable(views.verdict), name="verdict"),
    path("proof/<str:ray>/", only_storable(views.proof), name="proof"),
    path("trail/<str:ray>/", only_storable(views.trail), name="trail"),
    path("import/", only_storable(kept_views.import_curl), name="import"),
    path("save/", only_storable(kept_views.save), name="save"),
    path("r/<uuid:id>/", only_storable(kept_views.shared), name="shared"),
    path("r/<uuid:id>/body", only_storable(kept_views.body), name="body"),
    path("r/<uuid:id>/remove", only_storable(kept_views.forget), name="forget"),
    path("variables/<str:worker>/", only_storable(variable_views.variables), name="variables"),
    path("many/", only_storable(many_views.many), name="many"),
    path("many/<uuid:id>/", only_storable(many_views.run), name="run"),
    path("many/<uuid:id>/stop", only_storable(many_views.stop), name="stop"),
    path("compare/", only_storable(compare_views.compare), name="compare"),
    path("compare/<uuid:id>/", only_storable(compare_views.compared), name="compared"),
    path("keys/", only_storable(explorer_views.keys), name="keys"),
]
