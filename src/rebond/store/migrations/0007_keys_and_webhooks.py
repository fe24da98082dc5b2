from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0006_seen_packs_and_told_alerts"),
    ]

    operations = []
