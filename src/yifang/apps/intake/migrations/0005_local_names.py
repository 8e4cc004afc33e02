import django.db.models.deletion
import yifang.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '__first__'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('intake', '0004_connections'),
    ]

    operations = [
        migrations.CreateModel(
            name='LocalName',
            fields=[
                ('id', models.UUIDField(default=yifang.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('test', '检验项目'), ('drug', '药品'), ('department', '科室')], max_length=10)),
                ('name', models.CharField(max_length=200)),
                ('seen', models.PositiveIntegerField(default=0)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('proposals', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('open', '待对照'), ('confirmed', '已对照'), ('ignored', '与传染病无关')], default='open', max_length=10)),
                ('target', models.CharField(blank=True, max_length=80)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'state', 'kind', '-seen', 'id'], name='local_names')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'kind', 'name'), name='one_name_a_hospital')],
            },
        ),
    ]
