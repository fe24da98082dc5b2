from django.db import migrations, models
from django.db.models.functions import Left


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0012_jobs"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(Left("object", 100), models.F("id"), name="audit_object"),
        ),
    ]
