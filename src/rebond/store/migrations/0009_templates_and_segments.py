from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0008_quarantine_operations"),
    ]

    operations = []
