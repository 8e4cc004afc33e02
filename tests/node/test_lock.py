"""One holder of a data folder at a time, and no lock outlives its holder."""

import subprocess
import sys

import pytest

from yifang.kernel.errors import ConfigError
from yifang.node import lock


def test_the_second_is_told_who_holds_it(data):
    with lock.held(data, for_good=True):
        with pytest.raises(ConfigError, match=r"run: pid \d+"), lock.held(data):
            pass
        assert lock.held_for_good(data)
    with lock.held(data):
        assert not lock.held_for_good(data)


def test_a_killed_holder_leaves_nothing_to_clear(data):
    code = (
        "import sys, time, pathlib\nfrom yifang.node import lock\n"
        "with lock.held(pathlib.Path(sys.argv[1])):\n print('held', flush=True)\n time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ConfigError), lock.held(data):
        pass
    holder.kill()
    holder.wait()
    with lock.held(data):
        pass
