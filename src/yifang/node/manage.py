"""`yifang manage …`: Django's own commands, with the database running and signed in as owner."""

import argparse

HELP = "Django 管理命令 · Django's own commands"


def configure(parser: argparse.ArgumentParser) -> None:
    """Everything after the word is Django's."""
    parser.add_argument("words", nargs=argparse.REMAINDER)


def run(args: argparse.Namespace) -> int:
    """Hand over to Django."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["yifang manage", *args.words])
    return 0
