"""`yifang …`: one command line, a table of commands, each in a module of the room it belongs to.

A module offers `HELP`, `configure(parser)` and `run(args) -> exit code`, and is imported only when its command is
called. A wrong use or a wrong installation is one line and exit code 2; a bug is a traceback and exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from yifang.kernel import messages
from yifang.kernel.errors import EXIT_CODE, ConfigError, YifangError
from yifang.node.lifeline import PARENT

if TYPE_CHECKING:
    from yifang.node.config import Config


@dataclass(frozen=True)
class Command:
    """Where a command lives and what it needs: nothing, the node's settings, or Django with the database running."""

    module: str
    says: str
    role: str = ""  # the database role to sign in as; empty: no Django
    settings: bool = True
    apart: Mapping[str, Command] = field(default_factory=dict)  # verbs that are commands of their own


COMMANDS = {
    "run": Command("yifang.node.supervisor", "启动整个节点 · run the whole node"),
    "identify": Command(
        "yifang.identify.command",
        "识别文件中的可疑传染病 · find suspicions in files",
        settings=False,
        apart={"train": Command("yifang.identify.training.command", "", settings=False)},
    ),
    "detect": Command("yifang.detect.command", "发现病例数的异常升高 · find what stands out in counts", settings=False),
    "world": Command(
        "yifang.world.command",
        "虚构的县 · a fictional county with known truth",
        settings=False,
        apart={
            "score": Command("yifang.node.county.score", "", role="jobs"),
            "audit-score": Command("yifang.node.county.audited", "", role="jobs"),
            "hospital": Command("yifang.node.hospital.command", "", settings=False),
        },
    ),
    "intake": Command("yifang.apps.intake.command", "接收文件 · put files into the node", role="jobs"),
    "places": Command("yifang.apps.places.command", "单位与场所 · organisations and places", role="jobs"),
    "feeds": Command("yifang.apps.intake.feeds_command", "数据源 · where files come from", role="jobs"),
    "connect": Command("yifang.apps.intake.connect_command", "对接医院系统 · read a hospital's systems", role="jobs"),
    "accounts": Command("yifang.apps.accounts.command", "账号与岗位 · accounts and seats", role="jobs"),
    "workstation": Command("yifang.apps.workstation.command", "医生工作站 · the doctor's own system", role="jobs"),
    "audit": Command("yifang.apps.reporting.missed.command", "漏报核查 · missed-report audit", role="jobs"),
    "counts": Command("yifang.apps.surveillance.command", "计数表 · verify and compact the counts", role="jobs"),
    "relay": Command("yifang.apps.relay.command", "上下级节点 · the links to other nodes", role="jobs"),
    "packs": Command("yifang.knowledge.command", "知识包 · check, show, compare packs", settings=False),
    "rules": Command("yifang.apps.reporting.rules_command", "识别规则 · the rules of identification", role="jobs"),
    "ledger": Command("yifang.apps.ledger.command", "台账 · verify the ledger", role="jobs"),
    "keys": Command("yifang.node.keys", "加密密钥 · keys of the cipher", role="jobs"),
    "backup": Command("yifang.node.backup", "备份 · back up database and keys"),
    "restore": Command("yifang.node.restore", "恢复备份 · restore a backup into an empty node"),
    "migrate": Command("yifang.node.migrate", "更新数据库 · bring the database up to date", role="owner"),
    "doors": Command("yifang.node.doors", "接收消息的进程 · the process that takes messages", role="jobs"),
    "watch": Command("yifang.node.watch", "读取文件夹的进程 · the process that reads folders", role="jobs"),
    "jobs": Command("yifang.node.jobs", "后台任务进程 · the background process", role="jobs"),
    "manage": Command("yifang.node.manage", "Django 管理命令 · Django's own commands", role="owner"),
}
_EVERYWHERE = ("data", "database_url", "overrides", "lang")  # the settings that any command may be given as flags


class _Parser(argparse.ArgumentParser):
    """One line instead of argparse's page, in the language of the command line."""

    def error(self, message: str) -> NoReturn:
        _say(messages.render("node.usage", {"command": self.prog, "reason": message}, _lang()))
        raise SystemExit(EXIT_CODE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Raises SystemExit only for `--help` and a wrong use."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    top = _Parser(prog="yifang", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.description = "医防 Yifang\n\n" + "\n".join(f"  {name:<10}{one.says}" for name, one in COMMANDS.items())
    top.usage = "yifang COMMAND …"
    top.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    named = top.parse_args(words[:1])
    try:
        return _run(named.command, words[1:])
    except YifangError as wrong:
        _say(wrong.render(_lang()))
        return EXIT_CODE
    except BrokenPipeError:
        # the reader went away (`| head`): nobody is left to tell; keep Python from trying at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _run(name: str, words: list[str]) -> int:
    command = COMMANDS[name]
    if words and words[0] in command.apart:
        command, name, words = command.apart[words[0]], f"{name} {words[0]}", words[1:]
    if not command.settings:
        args = _parser(name, command).parse_args(words)
        return int(args.run(args))

    from yifang.node import config

    flags = _Parser(prog=f"yifang {name}", add_help=False, allow_abbrev=False)
    config.add_flags(flags, None if name == "run" else _EVERYWHERE)
    if name == "manage":  # its words are Django's, `--data` too
        given, rest = argparse.Namespace(), words
    else:
        given, rest = flags.parse_known_args(words)
    settings = config.load(vars(given))
    os.environ.update(settings.environment())
    if command.role:
        os.environ.setdefault("YIFANG_DB_ROLE", command.role)
        os.environ["DJANGO_SETTINGS_MODULE"] = "yifang.node.settings"
        if name != "manage":
            import django

            django.setup()
    parser = _parser(name, command)
    config.add_flags(parser, None if name == "run" else _EVERYWHERE)
    args = parser.parse_args(rest)
    args.config = settings
    with _database(settings, name) if command.role else contextlib.nullcontext():
        return int(args.run(args))


def _parser(name: str, command: Command) -> argparse.ArgumentParser:
    try:
        module = importlib.import_module(command.module)
    except ModuleNotFoundError as missing:
        if missing.name != command.module:
            raise
        raise ConfigError("node.command_missing", command=f"yifang {name}", module=command.module) from None
    parser = _Parser(prog=f"yifang {name}", description=module.HELP, allow_abbrev=False)
    if name == "manage":
        parser = _Parser(prog=f"yifang {name}", description=module.HELP, add_help=False, allow_abbrev=False)
    module.configure(parser)
    parser.set_defaults(run=module.run)
    return parser


@contextlib.contextmanager
def _database(settings: Config, name: str) -> Iterator[None]:
    """The database, running and (but for the commands that do it themselves) up to date."""
    from yifang.node import database, freshness

    if PARENT in os.environ:  # the supervisor has it running
        yield
        return
    # a plain SIGTERM would leave the database running behind us
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with database.running(settings) as started:
        if name not in ("migrate", "manage") and not freshness.is_fresh(settings, started):
            _bring_up_to_date()
        yield


def _bring_up_to_date() -> None:
    """Migrate in a process that signs in as owner: this one's connections are another role's."""
    environment = {**os.environ, "YIFANG_DB_ROLE": "owner", PARENT: str(os.getpid())}
    done = subprocess.run([sys.executable, "-m", "yifang.cli", "migrate"], env=environment)
    if done.returncode:
        raise ConfigError("node.migrate_failed", code=done.returncode)


def _lang() -> str:
    return "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
