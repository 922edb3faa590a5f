"""Links the entries that are there, in the order of their ids, and lets nobody change a row.

SQLite rebuilt the table of entries for its new columns, which dropped its trigger.
"""

from django.db import migrations

from routing.trail.chain import GENESIS, link

BATCH = 500
TABLES = ["routing_auditentry", "routing_auditseal"]


def chain(apps, schema_editor):
    AuditEntry = apps.get_model("routing", "AuditEntry")
    AuditSeal = apps.get_model("routing", "AuditSeal")
    position, hash, last = 0, GENESIS, 0
    while entries := list(AuditEntry.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        seals = []
        for entry in entries:
            previous, position = hash, position + 1
            hash, last = link(previous, entry), entry.pk
            seals.append(
                AuditSeal(position=position, entry_id=entry.pk, previous=previous, hash=hash)
            )
        AuditSeal.objects.bulk_create(seals)
    apps.get_model("routing", "AuditHead").objects.create(
        id=1, position=position, hash=hash, entry_id=last
    )


def forbid(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in TABLES:
        if vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_written_once")
            schema_editor.execute(
                f"CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is written once and never changed'); END"
            )
        elif vendor == "postgresql" and table == "routing_auditseal":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_written_once BEFORE UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION routing_written_once()"
            )


def unchain(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER routing_auditseal_written_once ON routing_auditseal")
    apps.get_model("routing", "AuditSeal").objects.all().delete()
    apps.get_model("routing", "AuditHead").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("routing", "0008_add_audit_chain")]
    operations = [
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.RunPython(forbid, unchain),
    ]
