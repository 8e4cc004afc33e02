"""The ordinary user that PostgreSQL runs as when root starts us, and what that user can reach.

PostgreSQL refuses root. No user is created and no permission outside our own folders is changed.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yifang.kernel.errors import ConfigError


@dataclass(frozen=True)
class Account:
    """Whom a process runs as. `switch` is what `subprocess` needs to become that user (empty: stay who we are)."""

    uid: int
    gid: int
    switch: dict[str, Any]

    def reaches(self, folder: Path) -> bool:
        """Whether this user can pass through every existing folder down to `folder`."""
        for one in (folder.resolve(), *folder.resolve().parents):
            if not one.exists():
                continue
            stat = one.stat()
            if stat.st_uid == self.uid:
                bit = 0o100
            elif stat.st_gid == self.gid:
                bit = 0o010
            else:
                bit = 0o001
            if self.uid != 0 and not stat.st_mode & bit:
                return False
        return True

    def own_folder(self, folder: Path) -> None:
        """Make `folder` (0700) this user's. Raises ConfigError when it exists and is somebody else's, or a link."""
        try:
            folder.mkdir(mode=0o700, parents=False, exist_ok=False)
            os.chown(folder, self.uid, self.gid)
        except FileExistsError:
            stat = folder.lstat()
            if folder.is_symlink() or stat.st_uid not in (self.uid, 0):
                raise ConfigError("node.data_unusable", path=folder, reason="not ours") from None
            os.chown(folder, self.uid, self.gid)
        except OSError as wrong:
            raise ConfigError("node.data_unusable", path=folder, reason=wrong.strerror) from None


def account(run_as: str) -> Account:
    """Ourselves, or `run_as` where we are root. Raises ConfigError when that user does not exist or is root too."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), {})
    try:
        entry = pwd.getpwnam(run_as)
    except KeyError:
        raise ConfigError("node.postgres_user", user=run_as) from None
    if entry.pw_uid == 0:
        raise ConfigError("node.postgres_user", user=run_as)
    switch = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return Account(entry.pw_uid, entry.pw_gid, switch)
