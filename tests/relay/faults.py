"""Three nodes, each with its processes, and everything that can go wrong between them, chosen by a seed.

The processes are forked from the test: `jobs` of a node (ledger and relay) and `door` of an upper one (HTTP on a port
of its own). They are killed with SIGKILL at moments and at points of the code that the seed chooses, and started again.
Between hospital and district lies a link of the test's own: HTTP with requests cut, slow, doubled, late, with answers
lost; or a folder whose files a carrier loses, doubles and mixes. Disks are full now and then, the folder's and the
database's, and connections to the database break. Clocks differ by hours. Meanwhile doctors report and blow whistles,
desks correct, the district audits, returns and answers. A PostgreSQL that is killed is in `tests/soak`.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psycopg
from django.db import OperationalError, connection
from django.test import RequestFactory

from tests.care.giving import filled, whistle
from tests.relay.loop import do, submitted
from tests.relay.nodes import Node
from tests.reporting import cards
from yifang.apps.care import services as care
from yifang.apps.care.models import Matter, MatterState
from yifang.apps.ledger import jobs as ledger_jobs
from yifang.apps.relay import door, inbox, jobs, outbox, receipts
from yifang.apps.relay.kinds import cards as card_kind
from yifang.apps.relay.models import Batch, Outgoing, Peer, Transport, Waiting
from yifang.apps.relay.transport import folder, https
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState
from yifang.kernel import clock
from yifang.kernel.errors import YifangError

# where a process may be killed by itself: before or after the n-th call
POINTS = (
    (outbox, "make_batch"), (inbox, "arrive"), (inbox, "apply_next"), (inbox, "_note_seen"), (receipts, "believe"),
    (receipts, "take_in"), (https, "_sent"), (card_kind, "_write"), (jobs, "tell"), (folder, "put"),
)  # fmt: skip


class Run:
    """One run over the nodes; what the last runs left stays, so that old subjects change as well."""

    def __init__(self, nodes: list[Node], seed: int, folders: Path, steps: int, kills: int) -> None:
        self.steps, self.most = steps, kills  # of people; of processes killed at a moment
        self.hospital, self.district, self.city = self.nodes = nodes
        self.chance = random.Random(seed)
        self.by_files = seed % 3 == 2
        self.skew = timedelta(minutes=self.chance.choice((0, 0, 95, -190)))
        self.folders = folders
        self.ports = {node.name: _free_port() for node in (self.district, self.city)}
        self.children: dict[str, int] = {}
        self.kills = 0
        self.order = seed * 100 % 400  # of the identity numbers

    def go(self) -> None:
        """Disturb, then let come to rest, then look."""
        self._link()
        parts = ["hospital.jobs", "district.jobs", "city.jobs", "district.door", "city.door"]
        try:
            for part in parts:
                self._start(part)
            moments = sorted(self.chance.sample(range(self.steps), self.most))
            for step in range(self.steps):
                self._act()
                if step in moments:
                    self._kill(self.chance.choice(parts))
                for part in parts:
                    self._keep(part)
                self._carry()
                time.sleep(self.chance.uniform(0, 0.05))
        finally:
            for pid in self.children.values():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._calm()

    # -- people

    def _act(self) -> None:
        """A step of somebody; one that its state or its time does not allow any more is refused, as on a page."""
        what = self.chance.choice(
            ("report", "report", "correct", "delete", "audit", "audit", "return", "undo", "again", "whistle", "answer",
             "note")
        )  # fmt: skip
        with suppress(YifangError):
            getattr(self, f"_{what}")()

    def _report(self) -> None:
        self.order += 1
        submitted(self.hospital, name=f"孙{chr(0x4E00 + self.order)}", order=self.order)

    def _correct(self) -> None:
        card = self._one(self.hospital, CardState.SUBMITTED, CardState.AUDITED)
        detail = f"示范路{self.chance.randrange(1000)}弄1号"
        do(
            self.hospital,
            "hospital_desk",
            lambda who: services.correct(card, {"residence_detail": detail}, "住址有误", who),
        )

    def _delete(self) -> None:
        node, who = self.chance.choice(((self.hospital, "hospital_desk"), (self.district, "epidemiologist")))
        card = self._one(node, CardState.SUBMITTED)
        do(node, who, lambda viewer: services.delete(card, "误报", viewer))

    def _audit(self) -> None:
        card = self._one(self.district, CardState.SUBMITTED)
        do(self.district, "epidemiologist", lambda who: services.audit(card, who))

    def _undo(self) -> None:
        card = self._one(self.district, CardState.AUDITED)
        do(self.district, "epidemiologist", lambda who: services.undo_audit([card], who))

    def _return(self) -> None:
        card = self._one(self.district, CardState.SUBMITTED)
        do(self.district, "epidemiologist", lambda who: services.return_by_district(card, "信息不完整", "", who))

    def _again(self) -> None:
        card = self._one(self.hospital, CardState.RETURNED_BY_DISTRICT)
        with self.hospital.on():
            given = cards.answers(Card.objects.get(id=card))
        do(self.hospital, "clinician", lambda who: services.report(card, who, given))
        do(self.hospital, "hospital_desk", lambda who: services.approve(card, who))

    def _whistle(self) -> None:
        told = whistle(number=self.chance.randrange(3, 30))
        do(self.hospital, "clinician", lambda who: care.blow(told, who, anonymous=self.chance.random() < 0.3))

    def _answer(self) -> None:
        matter, waits = self._whistled(self.district)
        if "respond" in waits:
            step, form = "respond", filled(action="phone", reply="马上核实")
        else:
            step, form = "close", filled(conclusion="sporadic", reply="散发")
        do(self.district, "duty_officer", lambda who: care.take(matter, step, form, who))

    def _note(self) -> None:
        node, who = self.chance.choice(((self.hospital, "clinician"), (self.district, "duty_officer")))
        matter, _ = self._whistled(node)
        form = filled(text=f"又多了{self.chance.randrange(9)}名")
        do(node, who, lambda viewer: care.take(matter, "note", form, viewer))

    def _whistled(self, node: Node) -> tuple[Any, list[str]]:
        with node.on():
            found = list(
                Matter.objects.filter(kind="whistle", state=MatterState.OPEN).order_by("-opened_at")[:4]
                .values_list("id", "waiting")
            )  # fmt: skip
        if not found:
            raise YifangError("care.no_matter")
        return self.chance.choice(found)

    def _one(self, node: Node, *states: CardState) -> Any:
        with node.on():
            found = list(Card.objects.filter(state__in=states).order_by("-created_at").values_list("id", flat=True)[:4])
        if not found:
            raise YifangError("reporting.no_card")
        return self.chance.choice(found)

    # -- processes

    def _start(self, part: str) -> None:
        for node in self.nodes:
            node.close()  # a child must not share a connection
        seed = self.chance.random()
        pid = os.fork()
        if pid == 0:
            try:
                _child(self, part, random.Random(seed))
            finally:
                os._exit(0)
        self.children[part] = pid

    def _keep(self, part: str) -> None:
        """Start again what killed itself."""
        pid, _ = os.waitpid(self.children[part], os.WNOHANG)
        if pid:
            self.kills += 1
            self._start(part)

    def _kill(self, part: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.children[part], signal.SIGKILL)
        os.waitpid(self.children[part], 0)
        self.kills += 1
        self._start(part)

    # -- the link

    def _link(self) -> None:
        """This run's way between hospital and district."""
        for lower, upper in ((self.hospital, self.district), (self.district, self.city)):
            with lower.on():
                Peer.objects.filter(side="up").update(
                    url=f"http://127.0.0.1:{self.ports[upper.name]}", transport=Transport.HTTPS, attempts=0,
                    next_try_at=None,
                )  # fmt: skip
            with upper.on():
                Peer.objects.filter(side="down").update(transport=Transport.HTTPS)
        for node, side in ((self.hospital, "up"), (self.district, "down")):
            if self.by_files:
                with node.on():
                    Peer.objects.filter(side=side).update(
                        transport=Transport.FOLDER, url=str(self.folders / node.name), told=""
                    )

    def _carry(self, *, calm: bool = False) -> None:
        """The gateway: files of each side's `out` to the other's `in`."""
        if not self.by_files:
            return
        ends = [self.folders / self.hospital.name, self.folders / self.district.name]
        for here, there in (ends, ends[::-1]):
            (there / "in").mkdir(parents=True, exist_ok=True)
            files = [one for one in (here / "out").glob("*") if not one.name.startswith(".")]
            if not calm:
                self.chance.shuffle(files)
            for path in files:
                fate = "carry" if calm else self.chance.choice(("carry", "carry", "lose", "double", "wait"))
                if fate == "wait":
                    continue
                with suppress(FileNotFoundError):
                    if fate == "double":
                        shutil.copy(path, there / "in" / f".{path.name}")
                        (there / "in" / f".{path.name}").rename(there / "in" / f"again-{path.name}")
                    if fate != "lose":
                        shutil.copy(path, there / "in" / f".{path.name}")
                        (there / "in" / f".{path.name}").rename(there / "in" / path.name)
                    path.unlink()

    def _calm(self) -> None:
        """No more faults: everything must arrive by itself, but for files that are asked for again by a person."""
        for _ in range(12):
            for node in self.nodes:
                node.deliver()
                with node.on():
                    Peer.objects.update(next_try_at=None, clock_offset=0)
                with node.on("jobs"):
                    for peer in Peer.objects.all():
                        jobs.turn(peer, _answered(self.nodes, self.ports))
            self._carry(calm=True)
            if self.by_files:
                with self.hospital.on(), suppress(StopIteration):
                    _resend_lost()
                with self.district.on():
                    _resend_lost()
            if self._at_rest():
                return
        raise AssertionError(f"not at rest: {self._rest()} {self._links()}")

    def _links(self) -> list[Any]:
        shown = ("name", "out_epoch", "out_number", "out_acked", "out_stored", "in_number", "error", "error_params")
        found = []
        for node in self.nodes:
            with node.on():
                found += [(node.name, *row) for row in Peer.objects.values_list(*shown)]
        return found

    def _at_rest(self) -> bool:
        return not any(any(numbers) for numbers in self._rest().values())

    def _rest(self) -> dict[str, list[int]]:
        found = {}
        for node in self.nodes:
            with node.on():
                found[node.name] = [
                    Outgoing.objects.filter(batch__isnull=True).count(),
                    Batch.objects.filter(acked_at__isnull=True).count(),
                    Waiting.objects.count(),
                ]
        return found


def _resend_lost() -> None:
    """As `yifang relay resend`: of files that were lost on the way, the last ones are missed by nobody's number."""
    for peer in Peer.objects.filter(transport=Transport.FOLDER):
        Batch.objects.filter(peer=peer, acked_at__isnull=True).update(sent_at=None)


def _child(run: Run, part: str, chance: random.Random) -> None:
    """A process of a node, until it is killed."""
    name, kind = part.split(".")
    node = next(one for one in run.nodes if one.name == name)
    _arm(chance)
    if node is run.hospital and run.skew:
        clock.set_clock(lambda: datetime.now(UTC) + run.skew)
    if kind == "door":
        _serve(node, run.ports[name], _failing(chance))
    with node.on("jobs"), connection.execute_wrapper(_failing(chance)):
        while True:
            _mend()
            with suppress(Exception):
                ledger_jobs.run_once()
                for peer in Peer.objects.all():
                    jobs.turn(peer, _faulty(chance))
                if not chance.randrange(4):
                    Peer.objects.update(next_try_at=None)
            time.sleep(0.01)


def _arm(chance: random.Random) -> None:
    """Let this process be killed at a point of the code, and its disk be full for some writes."""
    module, name = chance.choice(POINTS)
    whole, countdown, after = getattr(module, name), [chance.randrange(1, 6)], chance.random() < 0.5

    def dies(*args: Any, **more: Any) -> Any:
        countdown[0] -= 1
        if countdown[0] == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        found = whole(*args, **more)
        if countdown[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(module, name, dies)
    put, full = folder.put, [chance.randrange(0, 3)]

    def full_at_first(path: Path, data: bytes) -> None:
        if full[0] > 0:
            full[0] -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(path, data)

    folder.put = full_at_first


def _failing(chance: random.Random) -> Any:
    """A wrapper of statements, of which a few find the database's disk full, or its connection broken."""
    wrong = [countdown for countdown in (chance.randrange(10, 200) for _ in range(2)) if chance.random() < 0.6]
    seen = [0]

    def fails(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen[0] += 1
        if seen[0] in wrong and chance.random() < 0.5:
            context["connection"].connection.close()  # as where the server closed it
        elif seen[0] in wrong and sql.lstrip().startswith(("INSERT", "UPDATE")):
            raise OperationalError("could not extend file: No space left on device") from psycopg.errors.DiskFull()
        return execute(sql, params, many, context)

    return fails


def _mend() -> None:
    """A connection that broke is opened anew, as a process that is started again would."""
    if connection.connection is not None and not connection.is_usable():
        connection.close()


def _faulty(chance: random.Random) -> https.Post:
    """Requests over a link that cuts, is slow, doubles, and delivers old requests late."""
    kept: list[tuple[str, bytes]] = []

    def send(url: str, body: bytes) -> tuple[int, bytes]:
        fate = chance.choice(("well", "well", "well", "cut", "lost", "slow", "double", "late"))
        if fate == "cut":
            raise ConnectionResetError
        if fate == "slow":
            time.sleep(chance.uniform(0, 0.1))
        if fate == "late":
            kept.append((url, body))
            raise TimeoutError
        if kept and not chance.randrange(2):
            with suppress(OSError):
                https.post(*kept.pop(0))  # overtaken by what was sent after it
        answer = https.post(url, body)
        if fate == "double":
            https.post(url, body)
        if fate == "lost":
            raise ConnectionResetError
        return answer

    return send


def _answered(nodes: list[Node], ports: dict[str, int]) -> https.Post:
    """Requests answered in this process, by the port."""

    def send(url: str, body: bytes) -> tuple[int, bytes]:
        node = next(one for one in nodes if str(ports.get(one.name)) in url)
        with node.on("web"):
            told = door.exchange(RequestFactory().post(https.PATH, body, content_type=https.KIND))
            return told.status_code, told.content

    return send


def _serve(node: Node, port: int, fails: Any) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            _mend()
            told = door.exchange(RequestFactory().post(https.PATH, body, content_type=https.KIND))
            self.send_response(told.status_code)
            self.send_header("Content-Length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        def log_message(self, *args: Any) -> None:
            pass

    HTTPServer.handle_error = lambda *_: None  # type: ignore[method-assign]  # what failed answers nothing
    with node.on("web"), connection.execute_wrapper(fails):
        HTTPServer.allow_reuse_address = True
        HTTPServer(("127.0.0.1", port), Handler).serve_forever()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
