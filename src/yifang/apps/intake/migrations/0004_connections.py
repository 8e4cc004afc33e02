import django.db.models.deletion
import yifang.kernel.ids
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def views_become_settings(apps, schema_editor):
    """A view and its column are settings now, its mapping the first version of the feed's."""
    for one in apps.get_model("intake", "Connection").objects.all():
        one.connector = "sql"
        one.settings = {"view": one.view, "cursor": one.cursor, "overlap": one.overlap, "every": one.every, "most": 0}
        one.save(update_fields=["connector", "settings"])
        if one.mapping:
            apps.get_model("intake", "FeedMapping").objects.create(
                feed_id=one.feed_id, number=1, text=one.mapping, made_at=timezone.now()
            )


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('intake', '0003_machine_doors'),
    ]

    operations = [
        migrations.RenameModel('SqlView', 'Connection'),
        migrations.AlterField('connection', 'feed', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='connection', serialize=False, to='intake.feed')),
        migrations.RenameField('connection', 'server', 'shown'),
        migrations.AddField('connection', 'connector', models.CharField(default='sql', max_length=20), preserve_default=False),
        migrations.AddField('connection', 'settings', models.JSONField(default=dict)),
        migrations.AddField('connection', 'quiet', models.CharField(blank=True, default='', max_length=80), preserve_default=False),
        migrations.AddField('connection', 'columns', models.JSONField(default=list)),
        migrations.AddField('connection', 'found', models.JSONField(default=list)),
        migrations.CreateModel(
            name='FeedMapping',
            fields=[
                ('id', models.UUIDField(default=yifang.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField(blank=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('made_at', models.DateTimeField()),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='intake.feed')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-number',),
                'constraints': [models.UniqueConstraint(fields=('feed', 'number'), name='one_version_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('feed', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='look', serialize=False, to='intake.feed')),
                ('asked_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('sights', models.JSONField(default=list)),
                ('sample', models.BinaryField(null=True)),
            ],
        ),
        migrations.RunPython(views_become_settings, migrations.RunPython.noop),
        migrations.RemoveField('connection', 'view'),
        migrations.RemoveField('connection', 'cursor'),
        migrations.RemoveField('connection', 'overlap'),
        migrations.RemoveField('connection', 'mapping'),
    ]
