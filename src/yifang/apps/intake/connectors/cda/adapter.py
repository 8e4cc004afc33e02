"""The connector of CDA documents: a folder of them, of which a look tells what kind of documents they are.

A repository that is asked by WebService is read by `soap` with the path of its documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from yifang import formats
from yifang.apps.intake.connectors.folder.adapter import Folder, FolderSettings, FolderSource
from yifang.apps.intake.connectors.protocol import Sight, Source
from yifang.apps.intake.connectors.settings import Settings, setting

_TRIED = 20


class CdaSettings(FolderSettings):
    """As a folder's; its files are XML."""

    pattern: str = setting(_("哪些文件"), _("文档一般是 *.xml；打包的写 *.zip。"), default="*.xml", max_length=100)


class Cda(Folder):
    """A folder of CDA documents."""

    name = "cda"
    title = _("CDA 文档")
    about = _("共享文档库写出的 CDA（WS/T 500）文档，放在挂载的目录里；用 WebService 取文档的，选“WebService”。")
    settings: type[Settings] = CdaSettings

    def source(self, settings: Any) -> Source:
        return CdaSource(settings)


class CdaSource(FolderSource):
    """The folder, and what its latest documents are."""

    def sights(self, since: Any) -> Iterator[Sight]:
        yield from super().sights(since)
        kinds: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        for _at, path, _size in self.files()[-_TRIED:]:
            for item in formats.read((path.name, path.read_bytes())):
                if item.refusal is not None:
                    refused[item.refusal.code] += 1
                for record in item.records:
                    kinds[record.source.message_type or record.source.format] += 1
        if kinds:
            told = ", ".join(f"{kind} × {number}" for kind, number in kinds.most_common(8))
            yield Sight("good", "connect.saw_documents", {"kinds": told[:300]})
        if refused:
            yield Sight(
                "bad", "connect.saw_unreadable", {"n": sum(refused.values()), "codes": ", ".join(refused)[:200]}
            )
