"""Long loops: a failing one is started again after a growing pause, and none holds the process up."""

import itertools
import threading
import time

from yifang.kernel.protocols import Loop
from yifang.node import jobs


def test_a_loop_that_raises_is_started_again(monkeypatch, caplog):
    monkeypatch.setattr(jobs, "FIRST_WAIT", 0.01)
    runs, done, patient = [], threading.Event(), "王" + "小明"

    def fragile(stop):
        runs.append(time.monotonic())
        if len(runs) < 4:
            raise RuntimeError(f"the row of {patient} is refused")
        done.set()
        stop.wait()

    stop = threading.Event()
    thread = jobs.start_loop(Loop("fragile", fragile), stop)
    assert done.wait(5)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    waits = [later - earlier for earlier, later in itertools.pairwise(runs)]
    assert all(waited >= least for waited, least in zip(waits, (0.01, 0.02, 0.04), strict=True))
    failures = [record for record in caplog.records if "fragile" in record.getMessage()]
    assert not any(patient in record.getMessage() for record in failures)
    assert all("RuntimeError" in record.getMessage() for record in failures)
    assert [bool(record.exc_info) for record in failures] == [True, False, False]  # one traceback for one cause
