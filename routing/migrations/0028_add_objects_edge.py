import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0027_add_stored_secrets"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="objects_edge",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="routing.edge",
            ),
        ),
    ]
