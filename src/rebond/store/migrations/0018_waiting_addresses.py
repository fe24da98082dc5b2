from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("store", "0017_scheduled_deliveries")]
    operations = [
        migrations.RemoveIndex("EvidenceRow", "evidence_situation"),
        migrations.AddIndex(
            "EvidenceRow",
            models.Index(
                fields=["qualification", "phase", "code", "enhanced", "id"],
                include=["address_key"],
                name="evidence_situation",
                condition=Q(qualification__isnull=False),
            ),
        ),
    ]
