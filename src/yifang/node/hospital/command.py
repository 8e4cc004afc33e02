"""`yifang world hospital`: a hospital to practise on, until it is stopped; nothing of it stays.

HIS and medical records in PostgreSQL, laboratory and pharmacy in MariaDB, imaging reports by WebService. It says how
each is reached; while it runs, patients go on coming.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from yifang.kernel import clock, messages
from yifang.kernel.errors import UserError
from yifang.node.config import COUNTY_AREA
from yifang.node.hospital import servers
from yifang.node.hospital.servers import READER, Server
from yifang.node.unprivileged import account
from yifang.world import county, outbreaks, outline
from yifang.world.data import names
from yifang.world.encounters import Encounters
from yifang.world.epidemics import Epidemics
from yifang.world.places import settled
from yifang.world.serving import Service
from yifang.world.writing import hospital as writing
from yifang.world.writing.form import Visit

HELP = "练习用的医院 / a hospital to practise on"
TOKEN = "practice"
_RESIDENTS, _PER_DAY = 20_000, 500  # of the county around it; the hospital has about a third of its visits
_DISPENSED = "(jzh, hzid, xm, xb, csrq, zjhm, ks, ys, ypmc, fysj, gxsj)"
_RESULTS = "(jzh, hzid, xm, xb, csrq, zjhm, ks, ys, bgdh, zh, xmmc, jg, ckz, ts, bb, cysj, bgsj, zt, gxsj)"


def configure(parser: argparse.ArgumentParser) -> None:
    """How much of a past it has and how fast it lives."""
    parser.add_argument("--days", type=int, default=14, metavar="N", help="已有几天的就诊，默认 14 / days of a past")
    parser.add_argument("--pace", type=float, default=20.0, metavar="S", help="几秒来一人，0 不来 / seconds a patient")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="随机种子 / seed")
    parser.add_argument("--write", metavar="FILE", help="把怎样连接写进文件(JSON) / write how to connect into a file")
    told = "把病人所在县的区划写进目录，节点用 --overrides 读它 / folder for the divisions of its patients' county"
    parser.add_argument("--packs", metavar="FOLDER", type=Path, help=told)


def run(args: argparse.Namespace) -> int:
    """Start, say how to connect, live until stopped. Raises UserError, ConfigError."""
    if not 1 <= args.days <= 366 or args.pace < 0:
        raise UserError("world.hospital_scale", days=args.days)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    began = time.monotonic()
    _say("world.hospital_making", days=args.days)
    if args.packs:
        outline.regions(settled(args.seed, _RESIDENTS), args.packs)
    with opened(args.days, args.seed) as made:
        told = made.told()
        if args.write:
            Path(args.write).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        _say("world.hospital_ready", seconds=f"{time.monotonic() - began:.0f}", visits=made.visits)
        for one in told:
            _say(f"world.hospital_{one['kind']}", **one)
        if args.packs:
            _say("world.hospital_packs", area=COUNTY_AREA, name=names()["areas"]["county"]["name"], folder=args.packs)
        _say("world.hospital_lives", pace=f"{args.pace:g}")
        try:
            while not stop.is_set():
                stop.wait(args.pace or 3600)
                if args.pace and not stop.is_set():
                    made.live(datetime.now(clock.CHINA).replace(tzinfo=None, microsecond=0))
        except KeyboardInterrupt:
            pass
    _say("world.hospital_gone")
    return 0


@dataclass(slots=True)
class Practice:
    """The running hospital."""

    his: Server
    lis: Server | None
    address: str
    _coming: Iterator[Visit]
    _reports: list[tuple[datetime, dict[str, str]]]
    visits: int = 0

    def write(self, visits: Sequence[Visit], until: datetime) -> None:
        """Put visits where each system keeps its part of them."""
        rows, notes = writing.his_rows(visits, until)
        self.his.write("mz_visit", rows)
        self.his.write("emr_note", notes)
        if self.lis:
            results, drugs = writing.lis_rows(visits, until)
            self.lis.write("lis_result", results, _RESULTS)
            self.lis.write("yf_dispense", drugs, _DISPENSED)
        self._reports += writing.imaging_rows(visits, until)
        self.visits += len(visits)

    def live(self, now: datetime) -> Visit:
        """One more patient, now."""
        one = next(self._coming)
        came = replace(one, at=now, result_at=now, number=f"{now:%y%m%d%H%M%S}{one.number[-4:]}")
        self.write([came], now)
        return came

    def reports(self, lower: datetime, upper: datetime) -> Sequence[Mapping[str, str]]:
        """The imaging reports of a stretch of time, for the WebService."""
        return [row for at, row in self._reports if lower <= at < upper]

    def told(self) -> list[dict[str, Any]]:
        """How to connect, for people and for scripts."""
        found: list[dict[str, Any]] = []
        for name, server in (("his", self.his), ("lis", self.lis)):
            if server:
                views = [f"{view} ({server.count(view)})" for view in writing.VIEWS[name]]
                found.append(
                    {"kind": "database", "dialect": server.dialect, "host": server.host, "port": server.port,
                     "database": server.database, "user": READER, "password": server.password,
                     "views": ", ".join(views)}
                )  # fmt: skip
        service = {
            "kind": "service",
            "wsdl": f"{self.address}/reports?wsdl",
            "token": TOKEN,
            "reports": len(self._reports),
        }
        return [*found, service]


@contextmanager
def opened(days: int, seed: int = 7) -> Iterator[Practice]:
    """The hospital with so many days of a past, on this machine, gone afterwards."""
    now = datetime.now(clock.CHINA).replace(tzinfo=None, microsecond=0)
    past, coming = _people(seed, now.date(), days)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="yifang-hospital-", ignore_cleanup_errors=True))
        )
        if account("nobody").switch:
            folder.chmod(0o711)
        his = stack.enter_context(servers.postgresql(folder))
        lis = stack.enter_context(servers.mariadb(folder))
        made = Practice(his, lis, "", coming, [])
        made.address = stack.enter_context(_served(Service(made.reports, TOKEN)))
        made.write([one for one in past if one.at <= now], now)
        yield made


def _people(seed: int, today: date, days: int) -> tuple[list[Visit], Iterator[Visit]]:
    """The visits of the largest hospital of a small county: of the past days, and who comes next."""
    scale = county.Scale(seed, today, _RESIDENTS, _PER_DAY * max(days, 30), max(days, 30))
    around = county.found(scale)
    encounters = Encounters(around, Epidemics(around, outbreaks.planned(around)))
    code = around.places.hospitals[0].code

    def of(day: date) -> list[Visit]:
        return [one.visit for one in encounters.visits(day) if one.organisation.code == code]

    past = [visit for back in range(days, -1, -1) for visit in of(today - timedelta(days=back))]

    def coming() -> Iterator[Visit]:
        while True:
            yield from of(today)

    return past, coming()


@contextmanager
def _served(app: Service) -> Iterator[str]:
    class Handler(WSGIRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Say nothing: a practice needs no log."""

    server = make_server("127.0.0.1", 0, app, handler_class=Handler)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _say(code: str, **params: Any) -> None:
    lang = "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"
    print(messages.render(code, params, lang), file=sys.stderr, flush=True)
