"""A decided paper waits for its issue before the people of the dossier can open it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="document",
            name="withheld",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
