"""The running number of cards (流水): one sequence for the node, so that nobody waits for a counter's row."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE reporting_card_no", "DROP SEQUENCE reporting_card_no"),
    ]
