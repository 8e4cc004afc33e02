"""The embedded PostgreSQL: a cluster in the data folder and the postmaster that serves it, both ours alone.

It listens on a Unix socket only, asks every role for a password (SCRAM), and can be started again after any kill.
Whoever calls `start` or `stop` holds the lock of the data folder (`lock.py`). For a PostgreSQL that somebody else
runs see `server.py`; both have the same shape.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from yifang.kernel.errors import ConfigError
from yifang.node import binaries, roles
from yifang.node.secrets import Secrets, make_data_folder
from yifang.node.unprivileged import account

DATABASE = "yifang"
_PORT = "5432"  # only a part of the socket's file name
_SOCKET_LIMIT = 100  # bytes; the kernel's own limit is 104 to 108
_ELSEWHERE = Path("/var/lib/yifang")  # for a data folder the unprivileged user cannot reach
_SHORT = Path("/tmp")  # for a socket path that would be too long; the folder in it is ours, 0700
_PATIENCE = 300  # seconds for a start, recovery after a crash included
_STRAY_SECONDS = 3.0  # a backend whose postmaster was killed ends within one, unless it hangs


class Embedded:
    """One cluster. `options` are server settings that override ours (tests switch fsync off)."""

    names = roles.RoleNames("owner", "web", "jobs")

    def __init__(
        self,
        data: Path,
        secrets: Secrets,
        run_as: str = "nobody",
        programs: binaries.Binaries | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self._secrets = secrets
        self._account = account(run_as)
        self._programs = programs or binaries.embedded()
        self._options = dict(options or {})
        inside = data / "postgres"
        self.home = inside if self._account.reaches(data) else _ELSEWHERE / secrets.node
        self.cluster = self.home / f"cluster-{self._programs.major()}"
        run = self.home / "run"
        too_long = len(os.fsencode(run / f".s.PGSQL.{_PORT}")) >= _SOCKET_LIMIT
        self.socket = _SHORT / f"yifang-{secrets.node}" if too_long else run
        self.log = data / "log" / "postgresql.log"
        self._process: subprocess.Popen[bytes] | None = None

    # -- signing in

    def params(self, role: str) -> dict[str, str]:
        """libpq's parameters for `role`: admin, owner, web or jobs."""
        user = "postgres" if role == "admin" else getattr(self.names, role)
        password = self._secrets.passwords[role]
        return {"host": str(self.socket), "port": _PORT, "dbname": DATABASE, "user": user, "password": password}

    def dsn(self, role: str, **changed: str) -> str:
        """The connection string for `role`, with `changed` parameters."""
        return make_conninfo(**{**self.params(role), **changed})

    # -- living

    def start(self) -> None:
        """Make the cluster if there is none, serve it, make roles and database. Idempotent.

        Raises ConfigError with the server's own words and where its log is.
        """
        self._prepare()
        self._end_orphan()
        began = time.monotonic()
        while not self._serve(began + _PATIENCE):
            # the backends of a killed postmaster keep its shared memory until they notice; a new one must wait
            if time.monotonic() > began + _PATIENCE:
                raise self._failure()
            if time.monotonic() > began + _STRAY_SECONDS:
                self._end_strays()
            time.sleep(0.2)
        self._make_roles()

    def ensure(self) -> bool:
        """Start again if the postmaster died; True when it did."""
        if self.alive():
            return False
        self.start()
        return True

    def alive(self) -> bool:
        """Whether the postmaster we started still runs."""
        return self._process is not None and self._process.poll() is None

    def running(self) -> bool:
        """Whether anybody's postmaster serves this cluster now (it may still be starting)."""
        pid = self._written_pid()
        return pid is not None and self._is_ours(pid)

    def stop(self) -> None:
        """A clean stop: sessions are ended, everything is written; after 30 seconds a hard one (recovers at start)."""
        pid = self._process.pid if self._process and self.alive() else self._written_pid()
        if pid is None or not self._is_ours(pid):
            return
        for word, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, word)
            if self._gone(pid, patience):
                break
        self._process = None

    # -- the inside

    def _prepare(self) -> None:
        make_data_folder(self.log.parent.parent)
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            if self._account.switch:
                self.home.chmod(0o711)
                self._programs = self._programs.copied_to(self.home)
        except OSError as wrong:
            raise ConfigError("node.data_unusable", path=self.home, reason=wrong.strerror) from None
        self._account.own_folder(self.socket)
        if not (self.cluster / "PG_VERSION").exists():
            self._initdb()

    def _initdb(self) -> None:
        half = self.cluster.with_name(
            self.cluster.name + ".new"
        )  # renamed when whole, so a kill leaves no half cluster
        shutil.rmtree(half, ignore_errors=True)
        self._account.own_folder(half)
        with tempfile.NamedTemporaryFile("w", dir=self.socket) as password:
            password.write(self._secrets.passwords["admin"])
            password.flush()
            os.chown(password.name, self._account.uid, self._account.gid)
            locale = ["--locale=C.UTF-8"]
            if self._programs.major() >= 17:
                # the builtin provider sorts the same on every machine; libc's C.UTF-8 is not everywhere
                locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            run = subprocess.run(
                [self._programs.program("initdb"), "-D", str(half), "-U", "postgres", "-E", "UTF8", *locale,
                 "--auth=scram-sha-256", f"--pwfile={password.name}", "--data-checksums", "--no-instructions"],
                capture_output=True, text=True, cwd="/", env=self._environment(), **self._account.switch,
            )  # fmt: skip
        if run.returncode:
            reason = (run.stderr.strip().splitlines() or ["initdb"])[-1]
            raise ConfigError("node.postgres_failed", reason=reason, log=self.log)
        os.rename(half, self.cluster)

    def _serve(self, deadline: float) -> bool:
        """Start the postmaster and wait until it answers; False when it ended because the old memory is in use."""
        self._keep_log_small()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket}"',
            "unix_socket_permissions": "0700",
            "port": _PORT,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %q%u ",
            "max_connections": "80",
            "shared_buffers": _shared_buffers(),
            "jit": "off",  # the queries are short; compiling them costs more than it saves
            "random_page_cost": "1.1",
            "max_wal_size": "2GB",  # a county's export in one go must not wait for a checkpoint every few seconds
            **self._options,
        }
        arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs.program("postgres"), "-D", str(self.cluster), *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=self._environment(),
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops web and jobs first
                **self._account.switch,
            )  # fmt: skip
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.dsn("admin", dbname="postgres"), connect_timeout=5).close()
                return True
            except psycopg.OperationalError as refused:
                if not self.alive():
                    with self.log.open("rb") as log:
                        log.seek(begin)
                        if b"is still in use" in log.read():
                            return False
                    raise self._failure() from None
                if "authentication failed" in str(refused):
                    self.stop()
                    raise ConfigError("node.postgres_failed", reason=str(refused).strip(), log=self.log) from None
            time.sleep(0.03)
        raise self._failure()

    def _make_roles(self) -> None:
        with psycopg.connect(self.dsn("admin", dbname="postgres"), autocommit=True) as admin:
            for role in ("owner", "web", "jobs"):
                roles.make(admin, getattr(self.names, role), self._secrets.passwords[role])
            for role in (self.names.web, self.names.jobs):
                roles.make_member(admin, self.names.owner, role)
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(self.names.owner)
                    )
                )

    def _end_orphan(self) -> None:
        """Stop the postmaster of a supervisor that was killed; forget a pid file whose process is somebody else's."""
        if self.alive():
            return
        if self.running():
            self.stop()
        elif self._written_pid() is not None:
            # PostgreSQL itself would refuse to start if the pid was given to another process of the same user
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _end_strays(self) -> None:
        """Kill the backends that outlived their postmaster: one that waits for a lock of the dead never notices.

        They are known by the folder they work in, which is this cluster's; no postmaster serves it now.
        """
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                name = (process / "comm").read_text().strip()
                if name.startswith("postgres") and (process / "cwd").resolve() == self.cluster.resolve():
                    os.kill(int(process.name), signal.SIGKILL)

    def _written_pid(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_ours(self, pid: int) -> bool:
        """Whether `pid` is a postmaster of this cluster: pids are given again, after a reboot often the same."""
        try:
            shown = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            if Path("/proc/self").exists():
                return False
            shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True).stdout
        return os.fsencode(self.cluster) in shown

    def _gone(self, pid: int, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self._process is not None and self._process.pid == pid:
                if self._process.poll() is not None:
                    return True
            elif not self._is_ours(pid):
                return True
            time.sleep(0.02)
        return False

    def _keep_log_small(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 20_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _environment(self) -> dict[str, str]:
        # a PG* variable of the caller would change what initdb and postgres do
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def _failure(self) -> ConfigError:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
        reason = (fatal or lines or ["?"])[-1]
        return ConfigError("node.postgres_failed", reason=reason, log=self.log)


def _shared_buffers() -> str:
    """An eighth of the memory, 128 MB to 2 GB: a node shares its machine with web and jobs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 8_000_000
    return f"{max(128, min(2048, memory))}MB"
