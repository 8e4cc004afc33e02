"""What every test may ask for: a throw-away PostgreSQL, started when the first test needs it, and the shared material.

The cluster is the embedded 18, or with `YIFANG_TEST_POSTGRES=15` Debian's. Tests that use the database get the marker
`database` by themselves; `soak` runs only when asked for (`-m soak`).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import psycopg
import pytest

ROOT = Path(__file__).parent.parent
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
_USES_DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}


def pytest_configure(config: pytest.Config) -> None:
    """Name the settings and load Django, before pytest-django looks; no database is started yet."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        return  # the controller of several workers runs no test; what it named here they would all inherit
    data = Path(tempfile.mkdtemp(prefix="yifang-test-"))
    data.chmod(0o711)  # PostgreSQL's user must pass where root runs the tests
    config.stash[_DATA] = data
    for name in [name for name in os.environ if name.startswith("YIFANG_") and name not in _OURS]:
        del os.environ[name]
    os.environ |= {
        "YIFANG_DATA": str(data),
        "DATABASE_URL": "",  # empty, not absent: a yifang.toml must not lead the tests to a real database
        "YIFANG_DB_ROLE": "owner",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's loop runs in the thread that also asks the database
    }
    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if _DATA in config.stash:
        shutil.rmtree(config.stash[_DATA], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses the database, asks for pages, or starts a whole node; leave soak out unless it is asked for."""
    wanted = config.getoption("markexpr") or ""
    kept, left = [], []
    for item in items:
        if _USES_DATABASE & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db"):
            item.add_marker("database")
        if "client" in getattr(item, "fixturenames", ()) or item.path.name.startswith("test_pages"):
            item.add_marker("pages")
        if "node" in getattr(item, "fixturenames", ()):
            item.add_marker("node")
        (left if item.get_closest_marker("soak") and "soak" not in wanted else kept).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
    # the long ones first: no worker should be left alone with them at the end
    long = ("node", "browser")
    items[:] = sorted(kept, key=lambda item: [item.get_closest_marker(name) is None for name in long])


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Iterator[object]:
    """The throw-away cluster, running; `yifang.node.postgres.Embedded`."""
    from yifang.node import binaries, secrets
    from yifang.node.postgres import Embedded

    data = pytestconfig.stash[_DATA]
    version = os.environ.get("YIFANG_TEST_POSTGRES")
    programs = binaries.installed(Path(f"/usr/lib/postgresql/{version}/bin")) if version else binaries.embedded()
    started = Embedded(data, secrets.load(data), programs=programs, options=_UNSAFE)
    started.start()
    with psycopg.connect(started.dsn("admin", dbname="postgres"), autocommit=True) as admin:
        admin.execute("ALTER ROLE owner CREATEDB")  # Django makes its test database as owner
    yield started
    started.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(cluster: object) -> None:
    """pytest-django asks for this before it makes the test database: the moment to start PostgreSQL."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    """The test database with grants and policies, as `yifang migrate` leaves it."""
    from yifang.apps.accounts import grants

    with django_db_blocker.unblock():
        grants.apply()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared material (`YIFANG_SHARED`, else `../shared` beside the repository), or a skip."""
    folder = Path(os.environ.get("YIFANG_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared material at {folder}: set YIFANG_SHARED")
    return folder


_DATA = pytest.StashKey[Path]()
_OURS = {"YIFANG_SHARED", "YIFANG_SHOTS", "YIFANG_TEST_POSTGRES"}
