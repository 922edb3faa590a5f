"""Variables of a Worker."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Variable(models.Model):
    """{{name}} for one Worker. A secret's value is encrypted and never displayed."""

    worker = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    value = models.TextField(blank=True)
    sealed = models.TextField(blank=True)
    changed_on = models.DateTimeField(default=timezone.now)

    class Meta:
        #: The table of the room this model was moved from.
        db_table = "playground_variable"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["worker", "name"], name="playground_variable_once")
        ]

    @property
    def is_secret(self) -> bool:
        return bool(self.sealed)
