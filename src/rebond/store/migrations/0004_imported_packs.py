from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0003_qualification_practice"),
    ]

    operations = [
        migrations.AddField(
            model_name="ruleoperation",
            name="pack",
            field=models.JSONField(null=True),
        ),
    ]
