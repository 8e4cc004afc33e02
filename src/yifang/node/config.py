"""The settings of a node: by flag, then environment, then `yifang.toml`, then default.

One table, `SETTINGS`, says for each what it is called in the three places and what it is for; the loader, the command
line and `docs/settings.md` all read it. What is secret is no setting: it lives in `secrets.py`'s file.
This module knows no Django.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from yifang.kernel import areas
from yifang.kernel.errors import ConfigError, YifangError

COUNTY_AREA = "649921"  # of the fictional county
ROLES = ("hospital", "district", "city", "province")


@dataclass(frozen=True)
class Config:
    """What one node was told; every value is checked, every path absolute."""

    database_url: str  # "" means the embedded PostgreSQL
    port: int
    mllp_port: int
    bind: str
    data: Path
    shared: Path | None
    demo: bool
    county: Path | None
    name: str
    role: str
    area: str
    zone: str
    hosts: tuple[str, ...]
    https: bool
    web_workers: int
    web_threads: int
    run_as: str
    overrides: Path | None
    inbox: Path
    cipher: str
    lang: str

    @property
    def log(self) -> Path:
        return self.data / "log"

    def environment(self) -> dict[str, str]:
        """The settings as environment variables, so that a child process loads the same Config."""
        return {one.env: _text(getattr(self, one.field)) for one in SETTINGS}


class _Wrong(ValueError):
    """A value that breaks the rule its text names, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.rule = {"zh": zh, "en": en}


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise _Wrong("应是 1 到 65535 的端口号", "it must be a port, 1 to 65535")
    return int(value)


def _port_or_none(value: str) -> int:
    return 0 if value == "0" else _port(value)


def _count(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= 64:
        raise _Wrong("应是 1 到 64 的整数", "it must be a whole number, 1 to 64")
    return int(value)


def _yes(value: str) -> bool:
    word = value.lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise _Wrong("应写 1 或 0", "it must be 1 or 0")


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise _Wrong("应是以下之一：" + "、".join(allowed), "it must be one of " + ", ".join(allowed))
        return value

    return check


def _folder(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise _Wrong("应是一个目录，而这是文件", "it must be a folder, and this is a file")
    return path


def _folder_or_none(value: str) -> Path | None:
    return _folder(value) if value else None


def _existing_folder(value: str) -> Path | None:
    if not value:
        return None
    path = _folder(value)
    if not path.is_dir():
        raise _Wrong("没有这个目录，请先建立或改正路径", "there is no such folder; make it or mend the path")
    return path


def _area(value: str) -> str:
    try:
        return areas.normalise(value) if value else ""
    except YifangError:
        raise _Wrong(
            "应是 GB/T 2260 行政区划代码，如 310112", "it must be a GB/T 2260 area code such as 310112"
        ) from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError):
        raise _Wrong("应是时区名，如 Asia/Shanghai", "it must be a time zone such as Asia/Shanghai") from None
    return value


def _database_url(value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("postgres", "postgresql") and parts.path.strip("/") and (parts.port or 5432)
    except ValueError:
        whole = False
    if not whole:
        raise _Wrong(
            "应形如 postgresql://用户:口令@主机:5432/库名",
            "it must look like postgresql://user:password@host:5432/name",
        )
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in value.split(",")) if word)


@dataclass(frozen=True)
class Setting:
    """One setting: its `Config` field and toml key, environment variable, default, parser, and what it is for."""

    field: str
    env: str
    default: str
    parse: Callable[[str], Any]
    zh: str
    en: str

    @property
    def flag(self) -> str:
        return "--" + self.field.replace("_", "-")


SETTINGS = (
    Setting("database_url", "DATABASE_URL", "", _database_url,
            "外部 PostgreSQL（15 以上）的地址，其用户须能建立角色；空则用内置的数据库",
            "address of a PostgreSQL (15 or later) whose user may create roles; empty: the embedded one"),
    Setting("port", "YIFANG_PORT", "8000", _port, "网页的端口", "port of the web pages"),
    Setting("mllp_port", "YIFANG_MLLP_PORT", "2575", _port_or_none, "HL7 v2 MLLP 的端口；0 不开",
            "port for HL7 v2 by MLLP; 0: none"),
    Setting("bind", "YIFANG_BIND", "127.0.0.1", str, "监听的地址", "address to listen on"),
    Setting("data", "YIFANG_DATA", "var", _folder, "数据目录：数据库、密钥、日志",
            "data folder: database, keys, logs"),
    Setting("shared", "YIFANG_SHARED", "", _existing_folder, "共享资料目录（测试用）",
            "folder of shared material (tests)"),
    Setting("demo", "YIFANG_DEMO", "0", _yes, "装入演示数据并打印演示账号", "load the demo and print its sign-ins"),
    Setting("county", "YIFANG_COUNTY", "", _folder_or_none,
            "虚构的县所在目录：没有就先造一个，再装入并让它活下去",
            "folder of a fictional county: made where it is not there, filled in, kept alive"),
    Setting("name", "YIFANG_NAME", "医防示范节点", str, "节点名称，显示在页面上",
            "name of the node, shown on its pages"),
    Setting("role", "YIFANG_ROLE", "district", _one_of(*ROLES), "节点角色：" + "、".join(ROLES),
            "role of the node: " + ", ".join(ROLES)),
    Setting("area", "YIFANG_AREA", "", _area, "节点所辖地区的行政区划代码",
            "area code of the node's jurisdiction"),
    Setting("zone", "YIFANG_ZONE", "Asia/Shanghai", _zone, "民用日所在的时区", "time zone of civil days"),
    Setting("hosts", "YIFANG_HOSTS", "localhost,127.0.0.1,[::1]", _words, "网页可用的主机名，逗号分隔",
            "host names the pages answer to, comma-separated"),
    Setting("https", "YIFANG_HTTPS", "0", _yes, "前面有 HTTPS 代理时写 1", "1 where an HTTPS proxy stands in front"),
    Setting("web_workers", "YIFANG_WEB_WORKERS", str(max(1, min(4, os.cpu_count() or 1))), _count,
            "网页进程数，默认按核数（最多 4）", "web processes, by default one for each core (at most 4)"),
    Setting("web_threads", "YIFANG_WEB_THREADS", "3", _count, "每个网页进程的线程数，每个线程一个数据库连接",
            "threads of each web process, each with one database connection"),
    Setting("run_as", "YIFANG_RUN_AS", "nobody", str, "以 root 启动时 PostgreSQL 改用的用户",
            "user that PostgreSQL becomes when started by root"),
    Setting("overrides", "YIFANG_OVERRIDES", "", _existing_folder, "本地区覆盖知识包的目录",
            "folder with the region's overrides of packs"),
    Setting("inbox", "YIFANG_INBOX", "", _folder, "监视的收件目录，默认为数据目录下的 inbox",
            "watched folder for arriving files, by default inbox in the data folder"),
    Setting("cipher", "YIFANG_CIPHER", "aes-256-gcm", _one_of("aes-256-gcm", "sm4-gcm"), "身份信息的加密算法",
            "cipher of identities"),
    Setting("lang", "YIFANG_LANG", "zh", _one_of("zh", "en"), "命令行说话的语言", "language of the command line"),
)  # fmt: skip


def load(
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Config:
    """The settings in force.

    `flags` by field name (None: not given), `environ` defaults to the process's, `folder` (default: the working
    folder) is where `yifang.toml` is looked for and what relative paths of it are relative to.
    Raises ConfigError naming setting, value, where it came from and the rule it breaks.
    """
    flags = flags or {}
    environ = os.environ if environ is None else environ
    folder = (folder or Path.cwd()).absolute()
    file = folder / "yifang.toml"
    written = _read_file(file)
    values: dict[str, Any] = {}
    for one in SETTINGS:
        raw, origin = one.default, "default"
        if (given := flags.get(one.field)) is not None:
            raw, origin = given, one.flag
        elif one.env in environ:
            raw, origin = environ[one.env], one.env
        elif one.field in written:
            raw, origin = written[one.field], str(file)
            if one.parse in (_folder, _folder_or_none, _existing_folder) and raw:
                raw = str(folder / raw)  # a file's paths are relative to the file, wherever it is read from
        if one.field == "inbox" and not raw:
            raw = str(values["data"] / "inbox")
        try:
            values[one.field] = one.parse(raw)
        except _Wrong as wrong:
            raise ConfigError(
                "node.setting_wrong", setting=one.env, value=raw, origin=origin, rule=wrong.rule
            ) from None
    if values["county"] is not None:
        # its codes are no real ones, so its own list of divisions comes with it
        values["overrides"] = values["overrides"] or values["county"] / "packs"
        values["area"] = values["area"] or COUNTY_AREA
    return Config(**values)


def django_database(params: Mapping[str, str], *, prepared: bool) -> dict[str, Any]:
    """Django's DATABASES entry for libpq's `params`; what it has no name for goes to OPTIONS."""
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    # Prepared on the server: planning a query with its row policies costs more than running it. Not for jobs, whose
    # connections live long and whose tables grow under them: a plan made for an empty table would stay.
    options = {"connect_timeout": 5, "server_side_binding": True, "prepare_threshold": 3 if prepared else None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{names[key]: value for key, value in params.items() if key in names},
        "OPTIONS": {**options, **{key: value for key, value in params.items() if key not in names}},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,  # or a restarted database answers with a 500
    }


def add_flags(parser: argparse.ArgumentParser, only: tuple[str, ...] | None = None) -> None:
    """Give `parser` a flag for each setting (or those of `only`), absent unless typed."""
    for one in SETTINGS:
        if only and one.field not in only:
            continue
        what = f"{one.zh} · {one.en}".replace("%", "%%")
        if one.parse is _yes:
            parser.add_argument(one.flag, action="store_const", const="1", default=None, help=what)
        else:
            parser.add_argument(one.flag, metavar="…", default=None, help=what)


def table() -> str:
    """The settings as a Markdown table, for `docs/settings.md`."""
    rows = ["| flag | environment | `yifang.toml` | default | for what |", "|---|---|---|---|---|"]
    for one in SETTINGS:
        default = {"web_workers": "cores, ≤ 4", "inbox": "`inbox` in the data folder"}.get(one.field) or (
            f"`{one.default}`" if one.default else "–"
        )
        rows.append(f"| `{one.flag}` | `{one.env}` | `{one.field}` | {default} | {one.zh}<br>{one.en} |")
    return "\n".join(rows) + "\n"


def _read_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise ConfigError("node.settings_unreadable", path=path, reason=broken) from None
    known = [one.field for one in SETTINGS]
    for key in written:
        if key not in known:
            raise ConfigError("node.setting_unknown", path=path, key=key, known=known)
    return {key: _text(value) for key, value in written.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)
