"""The service bindings of versions that were uploaded before there was a table of them."""

from django.db import migrations

BATCH = 500
TABLE = "routing_servicebinding"


def fill(apps, schema_editor):
    Version = apps.get_model("routing", "Version")
    ServiceBinding = apps.get_model("routing", "ServiceBinding")
    rows = []
    for pk, bindings in Version.objects.values_list("pk", "bindings").iterator(BATCH):
        for binding in bindings:
            if binding.get("type") == "service" and binding.get("service"):
                names = {"name": binding["name"], "service": binding["service"]}
                rows.append(ServiceBinding(version_id=pk, **names))
        if len(rows) >= BATCH:
            ServiceBinding.objects.bulk_create(rows, ignore_conflicts=True)
            rows = []
    ServiceBinding.objects.bulk_create(rows, ignore_conflicts=True)


def forbid_changes(apps, schema_editor):
    """As in 0002: rows that are written once are so for everybody."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_written_once BEFORE UPDATE ON {TABLE} BEGIN "
            f"SELECT RAISE(ABORT, '{TABLE} is written once and never changed'); END"
        )
    elif schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_written_once BEFORE UPDATE ON {TABLE} "
            f"FOR EACH ROW EXECUTE FUNCTION routing_written_once()"
        )


def allow_changes(apps, schema_editor):
    on_table = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER {TABLE}_written_once{on_table}")


class Migration(migrations.Migration):
    dependencies = [("routing", "0006_add_service_binding")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(forbid_changes, allow_changes),
    ]
