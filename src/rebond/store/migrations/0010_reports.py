from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0009_templates_and_segments"),
    ]

    operations = []
