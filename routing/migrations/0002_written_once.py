"""Rows that are written once are so for everybody: the database refuses to change them."""

from django.db import migrations

TABLES = [
    "routing_version",
    "routing_versionmodule",
    "routing_module",
    "routing_deployment",
    "routing_share",
    "routing_auditentry",
]

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION routing_written_once() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION '% is written once and never changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$ LANGUAGE plpgsql
"""


def forbid(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)  # its % is no placeholder
    for table in TABLES:
        if vendor == "sqlite":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is written once and never changed'); END"
            )
        elif vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION routing_written_once()"
            )


def allow(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in TABLES:
        on_table = f" ON {table}" if vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_written_once{on_table}")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION routing_written_once()")


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_workers_versions_deployments")]
    operations = [migrations.RunPython(forbid, allow)]
