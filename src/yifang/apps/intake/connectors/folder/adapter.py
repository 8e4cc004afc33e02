"""The connector of folders that are not the node's own inbox: a share of the hospital's, mounted read-only.

A file is new by the later of its two times: one that was moved in keeps the old time of change. One that is still being
written is left for the next turn.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import field_validator

from yifang.apps.intake.connectors import position
from yifang.apps.intake.connectors.protocol import Column, Document, Sight, Source, SourceFailed
from yifang.apps.intake.connectors.settings import Settings, setting, wrong

_AT_ONCE = 50
_LARGEST = 200_000_000  # bytes


class FolderSettings(Settings):
    """Which folder, and which of its files."""

    path: str = setting(
        _("文件夹"), _("本机能读到的完整路径，如挂载的共享目录；只能由节点管理员用 yifang connect 设置。"),
        max_length=200, min_length=1, wide=True,
    )  # fmt: skip
    pattern: str = setting(_("哪些文件"), _("如 *.xml,*.csv；* 为全部。"), default="*", max_length=100)
    settle: int = setting(_("几秒不再变才读"), default=5, ge=0, le=3600)

    @field_validator("path")
    @classmethod
    def _whole(cls, value: str) -> str:
        if not Path(value).is_absolute():
            raise wrong("connect.field_path", value=value[:60])
        return value


class Folder:
    """Files of a folder, below it too, in the order in which they came."""

    name = "folder"
    title = _("共享文件夹")
    about = _("读挂载到本机的共享目录里的文件，只读不动；每个节点自己的收件目录不用设置。")
    settings: type[Settings] = FolderSettings
    of_the_node = frozenset({"path"})

    def shown(self, settings: Any) -> str:
        return str(settings.path)[:200]

    @contextmanager
    def opened(self, settings: Any) -> Iterator[Source]:
        if not os.access(settings.path, os.R_OK | os.X_OK) or not os.path.isdir(settings.path):
            reason = "Permission denied" if os.path.isdir(settings.path) else "No such directory"
            code = "intake.view_forbidden" if os.path.isdir(settings.path) else "intake.view_gone"
            raise SourceFailed(reason, code)
        try:
            yield self.source(settings)
        except OSError as error:
            raise SourceFailed(error.strerror or type(error).__name__) from None

    def source(self, settings: Any) -> Source:
        """The folder as it is read."""
        return FolderSource(settings)


class FolderSource:
    """The files that match and lie still."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self._patterns = [one.strip() for one in settings.pattern.split(",") if one.strip()]

    def columns(self) -> list[Column]:
        return []

    def files(self, since: datetime | None = None) -> list[tuple[datetime, Path, int]]:
        """The files from a time on: when each came, where it is, how large."""
        still, found = time.time() - self.settings.settle, []
        for folder, _folders, names in os.walk(self.settings.path):
            for name in names:
                if name.startswith(".") or not any(fnmatch(name.lower(), one.lower()) for one in self._patterns):
                    continue
                path = Path(folder, name)
                stat = path.stat()
                came = max(stat.st_mtime, stat.st_ctime)
                at = datetime.fromtimestamp(came, UTC)
                if came <= still and (since is None or at >= since):
                    found.append((at, path, stat.st_size))
        return sorted(found)

    def parts(self, since: Any, most: int | None) -> Iterator[list[Document]]:
        found = [one for one in self.files(since) if one[2] <= _LARGEST][:most]
        for start in range(0, len(found), _AT_ONCE):
            yield [
                Document(
                    str(path.relative_to(self.settings.path)), at, f"{path}|{at.isoformat()}|{size}", path.read_bytes
                )
                for at, path, size in found[start : start + _AT_ONCE]
            ]

    def sights(self, since: Any) -> Iterator[Sight]:
        yield Sight("good", "connect.saw_folder", {"path": self.settings.path})
        everything, fresh = self.files(), self.files(since)
        level = "good" if everything else "warn"
        told = {"files": len(everything), "pattern": self.settings.pattern, "fresh": len(fresh)}
        yield Sight(level, "connect.saw_files", told)
        if since is not None:
            yield Sight("note", "connect.saw_since", {"since": position.dumped(since)["value"]})
        if too_large := [path.name for _at, path, size in everything if size > _LARGEST]:
            yield Sight(
                "bad", "connect.saw_too_large", {"files": ", ".join(too_large)[:200], "most": _LARGEST // 10**6}
            )
        if os.access(self.settings.path, os.W_OK):
            yield Sight("note", "connect.saw_writable", {"path": self.settings.path})
