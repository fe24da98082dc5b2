from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0017_report_scopes")]
    operations = [
        migrations.AddField("delivery", "scheduled_at", models.DateTimeField(null=True)),
    ]
