"""The migrations say what the models say, for every app of ours."""

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation


def test_no_app_has_drifted_from_its_migrations():
    ours = {one.label for one in apps.get_app_configs() if one.name.startswith("yifang.")}
    with translation.override(None):  # as migrations are made
        loader = MigrationLoader(None)
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        found = detector.changes(graph=loader.graph, trim_to_apps=ours)
    assert {app: [one for each in found[app] for one in each.operations] for app in ours & found.keys()} == {}
