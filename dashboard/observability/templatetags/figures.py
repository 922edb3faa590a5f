"""{% load figures %}: rates, shares and durations; a dash where there is nothing to say."""

from __future__ import annotations

from django import template

from dashboard.observability.charts import bar_of
from dashboard.observability.words import more_ms, ms, rate

register = template.Library()

register.filter("rate", rate)
register.filter("ms", ms)
register.filter("more_ms", more_ms)
register.filter("bar_of", bar_of)
