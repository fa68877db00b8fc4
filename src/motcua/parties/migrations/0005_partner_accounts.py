from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_by_name"),
    ]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
                choices=[("staff", "staff"), ("citizen", "citizen"), ("partner", "partner")], max_length=10
            ),
        ),
    ]
