from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0013_add_edge_loss"),
    ]

    operations = [
        migrations.AddField(
            model_name="edge",
            name="envoy_end",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
        migrations.AddField(
            model_name="edge",
            name="envoy_ended_at",
            field=models.DateTimeField(null=True),
        ),
    ]
