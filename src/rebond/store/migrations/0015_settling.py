from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0014_landing_pages")]
    operations = []
