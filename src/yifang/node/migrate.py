"""Bring the database up to date: migrations as owner, then grants and policies, then the static files in one folder.

Every step may be repeated. It runs in a process of its own (`yifang migrate`), the only one that signs in as owner.
"""

import argparse

from yifang.node import database, freshness

_LOCK = 0x59_69_46_61
HELP = "更新数据库结构与权限 · bring the database up to date"


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Migrate, grant, collect, and remember that it is done."""
    migrate()
    collect_static()
    freshness.remember(args.config, database.of(args.config))
    return 0


def migrate() -> None:
    """Apply the migrations, then what the roles may do."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from yifang.apps.accounts import grants

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])  # two commands at once: the second finds all done
    try:
        call_command("migrate", interactive=False, verbosity=0)
        with transaction.atomic():  # the old policies hold until the new ones do
            grants.apply()
    finally:
        connection.close()  # frees the lock, also when the transaction failed


def collect_static() -> None:
    """Copy and hash the static files for whitenoise."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
