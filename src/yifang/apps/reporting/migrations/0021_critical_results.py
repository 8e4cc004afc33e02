from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reporting", "0020_clinic_signs")]

    operations = [
        migrations.AddField(
            model_name="abnormalresult",
            name="critical",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="abnormalresult", name="disease", field=models.CharField(blank=True, max_length=40)
        ),
        migrations.AddIndex(
            model_name="abnormalresult",
            index=models.Index(
                condition=models.Q(("critical", True), ("state", "waiting")), fields=["reported_at"],
                name="result_critical",
            ),
        ),
    ]  # fmt: skip
