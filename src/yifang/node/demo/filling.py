"""Putting the visits before the real intake: files into the feeds' folders, then waiting until they are taken.

Deterministic for a seed; hospitals differ in how they send. What follows later (a final result, a withdrawal) is a
second wave, since files of one wave are taken in no promised order.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from yifang.apps.intake.models import Batch, BatchState, Feed
from yifang.apps.intake.services import folder_of
from yifang.node.demo import writing
from yifang.node.demo.county import MAIN, SECOND
from yifang.node.demo.stories import Visit, grouped, visits

LOG_ROWS = 12
_AT_SECOND = frozenset({"cold", "cold_child", "sprain", "influenza"})
Tell = Callable[[int, int], None]


def waves(now: datetime) -> tuple[dict[str, dict[str, bytes]], dict[str, dict[str, bytes]]]:
    """Two waves of files: feed code → file name → bytes."""
    told = visits(now)
    first: dict[str, dict[str, bytes]] = {
        code: {} for code in ("chunshen-his", "chunshen-lis", "chunshen-emr", "pujiang", "caohe")
    }
    later: dict[str, dict[str, bytes]] = {"chunshen-lis": {}}
    reports: dict[str, list[bytes]] = {"utf-8": [], "gb18030": []}
    logged: list[Visit] = []
    far: list[Visit] = []
    for order, visit in enumerate(told):
        results = bool(visit.story.results)
        if visit.story.id in _AT_SECOND and order % 3 == 0 and not visit.who.employer:
            charset = ("utf-8", "gb18030")[order % 2]
            files = first["pujiang"]
            files[f"{visit.number}-A04.hl7"] = writing.hl7_visit(visit, SECOND, charset)
            if results:
                files[f"{visit.number}-R01.hl7"] = writing.hl7_report(visit, SECOND, charset)
            continue
        if visit.story.id == "hypertension" and order % 4 == 0:
            far.append(visit)
            continue
        if not visit.who.employer and not visit.who.guardian and order % 5 == 0:
            first["chunshen-emr"][f"{visit.number}.json"] = writing.fhir_document(visit, MAIN)
        else:
            logged.append(visit)
        if results:
            status = "P" if visit.number == "HEPATITISA001" else "F"
            charset = ("utf-8", "gb18030")[order % 4 == 0]
            reports[charset].append(writing.hl7_report(visit, MAIN, charset, status))
            if status == "P":
                later["chunshen-lis"][f"{visit.number}-F.hl7"] = writing.hl7_report(visit, MAIN, "utf-8", "F", 2)
            if visit.number == "INFLUENZA018":  # the laboratory takes a result back
                later["chunshen-lis"][f"{visit.number}-X.hl7"] = writing.hl7_report(visit, MAIN, "utf-8", "X", 3)
    for charset, messages in reports.items():
        for number, several in enumerate(grouped(messages, LOG_ROWS), 1):
            first["chunshen-lis"][f"LIS-{charset}-{number:03d}.hl7"] = b"".join(several)
    for part in grouped(logged, LOG_ROWS):
        first["chunshen-his"][f"门诊日志-{part[-1].at:%m%d-%H%M}-{part[-1].number}.csv"] = writing.log(part)
    for part in grouped(far, LOG_ROWS):
        first["caohe"][f"门诊日志-{part[-1].number}.csv"] = writing.log(part)
    first["chunshen-lis"] |= writing.broken(next(one for one in told if one.story.results), MAIN)
    return first, later


def put(wave: dict[str, dict[str, bytes]]) -> int:
    """Write the files of a wave into their feeds' folders. Returns how many."""
    number = 0
    for code, files in wave.items():
        folder = folder_of(Feed.objects.get(code=code))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, data in files.items():
            _write(folder, name, data)
            number += 1
    return number


def wait(files: int, since: datetime, tell: Tell, patience: float = 600) -> bool:
    """Until `files` batches that arrived after `since` are done; tells how many. False when patience ends."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        done = Batch.objects.filter(received_at__gte=since, state=BatchState.DONE).count()
        tell(min(done, files), files)
        if done >= files:
            return True
        time.sleep(0.5)
    return False


def _write(folder: Path, name: str, data: bytes) -> None:
    hidden = folder / f".{name}"
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    hidden.rename(folder / name)
