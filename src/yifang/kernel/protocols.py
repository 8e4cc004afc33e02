"""Registries that later rooms fill and earlier rooms read, so that neither imports the other.

An app adds to these lists in its `AppConfig.ready()`; the shell, the home page, the person's time line, the search and
the jobs process read them. The viewer and the request are `Any` here: the kernel knows no web framework.
Adding the same name twice is a mistake in the code and raises ValueError at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Loop:
    """Long background work: `run` returns soon after `stop` is set; its process starts it again when it raises.

    `process` is `jobs`, or `watch` for what reads folders and databases: apart, so that both have a processor.
    """

    name: str
    run: Callable[[threading.Event], None]
    process: str = "jobs"


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the side menu. `label` is a gettext msgid (lazy or plain); empty `roles` means everyone signed in."""

    name: str
    label: Any
    url_name: str
    roles: frozenset[str] = frozenset()
    order: int = 100
    icon: str = ""
    badge: Callable[[Any], int] | None = None  # viewer → how many wait
    about: Any = ""  # one line: what one does there; stands on my work while nothing waits
    group: str = ""  # of `web.context.GROUPS`; none: it stands above all groups


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One line of “my work” that is not itself a work item (a quarantine that fills, a feed that fell silent)."""

    label: Any
    url: str
    count: int
    due: datetime | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing on a person's time line; `kind` chooses the icon, `url` opens it, empty where the viewer may not."""

    at: datetime
    kind: str
    label: Any
    detail: Any = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step of an illness from its discovery to recovery: `step` is a key of the chain, `at` None while missing."""

    step: str
    at: datetime | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """What was done about one illness of a person, step by step; `took` is the time since the first step, in words."""

    label: Any
    links: Sequence[tuple[Any, ChainLink, Any]]  # what the step is called, the step, `took`


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One find of the search box. A provider returns only what the viewer may see, down to the count."""

    kind: str
    label: Any
    detail: Any
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A word to the viewer that stands on my work until read or over; `read_url` takes a POST that marks it read."""

    at: datetime
    label: Any
    text: Any
    who: Any = ""
    url: str = ""
    read_url: str = ""


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """Where a work item leads: `name` is a kind of work item or, for all others, a kind of subject.

    The page takes the subject's id as its only argument.
    """

    name: str
    url_name: str


@dataclass(frozen=True, slots=True)
class Word:
    """What people call a key of the ledger: `name` is `role.<key>`, `subject.<key>` or `purpose.<key>`."""

    name: str
    label: Any


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed bytes, `app.Model.column`, and what the bytes of a row are bound to, by its primary key.

    `yifang keys rotate` seals anew what these name.
    """

    name: str
    context: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class PersonRows:
    """How an app's rows about a person follow when two persons turn out to be one, and go back when they do not.

    `move(alias, survivor)` returns, as JSON, what `restore(alias, survivor, moved, records)` needs to bring every row
    back; `records` came in since and are the alias's. `restore` returns the subjects that went back. Jobs only, inside
    the caller's transaction; no row is removed.
    """

    name: str
    move: Callable[[UUID, UUID], Any]
    restore: Callable[[UUID, UUID, Any, Sequence[UUID]], Sequence[UUID]]


class WorkSource(Protocol):
    """Lines that wait for this viewer."""

    def __call__(self, viewer: Any) -> Iterable[WorkLine]: ...


class TimelineProvider(Protocol):
    """What this app knows of a person, scoped to the viewer."""

    def __call__(self, viewer: Any, person_id: Any) -> Iterable[TimelineEntry]: ...


class SearchProvider(Protocol):
    """At most `limit` finds for the text, scoped to the viewer."""

    def __call__(self, viewer: Any, text: str, limit: int) -> Sequence[SearchHit]: ...


class SearchedHook(Protocol):
    """Told once of each search: who looked, and how much all providers found together; never for what."""

    def __call__(self, viewer: Any, found: int) -> None: ...


class NoticeSource(Protocol):
    """What was said to this viewer and is not read yet."""

    def __call__(self, viewer: Any) -> Iterable[Notice]: ...


class RelatedSource(Protocol):
    """What this app has to show beside a subject of an earlier one (the signals of a case), scoped to the viewer."""

    def __call__(self, viewer: Any, kind: str, subject: Any) -> Iterable[SearchHit]: ...


class AdviceSource(Protocol):
    """What was said to this viewer about a disease, read or not, and still holds."""

    def __call__(self, viewer: Any, disease: str) -> Iterable[Notice]: ...


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why somebody looks, and the one subject it is a reason for."""

    text: str
    subject: UUID


class PurposeSource(Protocol):
    """Why this viewer looks: what the request's `work` parameter stands for, None where it is not theirs."""

    def __call__(self, viewer: Any, token: str) -> Purpose | None: ...


class NameSource(Protocol):
    """Who the subjects of one kind are about: id → a masked name or a code, of those that the viewer sees."""

    def __call__(self, viewer: Any, subjects: Sequence[Any]) -> Mapping[Any, Any]: ...


@dataclass(frozen=True, slots=True)
class Receiver:
    """How an app stores what items hold beside records, the attribute of `Item` of that name.

    `call(things, organisation, batch, by)` runs in the transaction of their chunk and returns the ids of what is new or
    changed, and how many said only what is there already. `prepare(things, organisation)` may run before, in a thread
    and a transaction of its own while the chunk before is stored; then `call` gets what it returned as `prepared`.
    """

    name: str
    call: Callable[..., tuple[list[Any], int]]
    prepare: Callable[[Sequence[Any], Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class RelayEntry:
    """What one node tells another of one subject: the steps it took, and the subject as it then stood.

    `steps` are (seq, kind of ledger entry, instant as ISO text, role, facts); `seen` is the last step of the receiver's
    own that the sender had when it wrote, of the receiver's stream `seen_epoch` (None: an older release, that does not
    say). `body` is JSON and may hold more than this release knows.
    """

    kind: str
    subject: UUID
    steps: Sequence[tuple[int, str, str, str, Mapping[str, Any]]]
    seen: int
    body: Mapping[str, Any]
    seen_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Relayed:
    """A kind of subject that goes from node to node. `peer` is the other node (`relay.models.Peer`).

    `ledger`: the kinds of entries that name such a subject. `subjects(heard)` are those of one entry (empty: the
    entry's own subject); `concerned(subjects, peer)` which of them the peer may have; `build(subjects, peer)` their
    bodies, without those that say nothing any more; `take(entries, peer)` stores what came and returns the refused ones
    with message code and parameters; `everything(peer)` are all that a new peer lacks; `held()` those that may not
    leave yet. Jobs only, in the caller's transaction.
    """

    name: str
    label: Any
    ledger: frozenset[str]
    concerned: Callable[[Sequence[UUID], Any], Collection[UUID]]
    build: Callable[[Sequence[UUID], Any], Mapping[UUID, Mapping[str, Any]]]
    take: Callable[[Sequence[RelayEntry], Any], Sequence[tuple[RelayEntry, str, Mapping[str, Any]]]]
    subjects: Callable[[Any], Sequence[UUID]] | None = None
    everything: Callable[[Any], Iterable[UUID]] | None = None
    held: Callable[[], Collection[UUID]] | None = None
    page: str = ""  # URL name of the subject's page, where one can be opened


class IdentifiedHook(Protocol):
    """What follows from a batch of stored records: each with the ids of its syndromes, and the ids of those gone.

    Runs in jobs, in the transaction that identifies them.
    """

    def __call__(self, records: Sequence[tuple[Any, Sequence[str]]], gone: Collection[Any]) -> None: ...


class WhistleDraft(Protocol):
    """How an unusual cluster becomes a drafted whistle at the desk of the institution; jobs.

    `draft(organisation, event=, number=, symptoms=, place=, since=, key=)`: `since` an ISO day, `key` the cluster's own
    (it is drafted once). Texts hold no identity.
    """

    def __call__(self, organisation: Any, **told: Any) -> Any: ...


class HealthSource(Protocol):
    """How many things of this app need somebody while the node works on: not 0 is `degraded` in `/healthz`."""

    def __call__(self) -> int: ...


class HomeRoute(Protocol):
    """The URL name a viewer lands on, None to leave it to the next."""

    def __call__(self, viewer: Any) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A provider and the name it is registered under."""

    name: str
    call: Callable[..., Any]


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_HasName)


@dataclass(slots=True)
class Registry(Generic[T]):
    """A list that refuses a name it has. `key` sorts it on reading; without one the order of adding stays."""

    key: Callable[[T], Any] | None = None
    _items: list[T] = field(default_factory=list)

    def add(self, item: T) -> T:
        """Register; raises ValueError when the name is taken."""
        if any(known.name == item.name for known in self._items):
            raise ValueError(f"{item.name!r} is registered already")
        self._items.append(item)
        return item

    def __iter__(self) -> Iterator[T]:
        return iter(sorted(self._items, key=self.key) if self.key else tuple(self._items))

    def __len__(self) -> int:
        return len(self._items)


loops: Registry[Loop] = Registry()
menu: Registry[MenuItem] = Registry(key=lambda item: (item.order, item.name))
work_sources: Registry[Named] = Registry()  # WorkSource
timeline: Registry[Named] = Registry()  # TimelineProvider
chains: Registry[Named] = Registry()  # (viewer, person id) → Chain of each illness
chain_links: Registry[Named] = Registry()  # (viewer, person id, disease, since) → ChainLink of a later app
search: Registry[Named] = Registry()  # SearchProvider
searched: Registry[Named] = Registry()  # SearchedHook
home: Registry[Named] = Registry()  # HomeRoute
notices: Registry[Named] = Registry()  # NoticeSource
related: Registry[Named] = Registry()  # RelatedSource
disease_advice: Registry[Named] = Registry()  # AdviceSource
purposes: Registry[Named] = Registry()  # PurposeSource
whistles: Registry[Named] = Registry()  # WhistleDraft
health: Registry[Named] = Registry()  # HealthSource
subject_names: Registry[Named] = Registry()  # NameSource; its name is a kind of subject
subject_pages: Registry[SubjectPage] = Registry()
sealed: Registry[Sealed] = Registry()
person_rows: Registry[PersonRows] = Registry()
receivers: Registry[Receiver] = Registry()
relayed: Registry[Relayed] = Registry()
identified: Registry[Named] = Registry()  # IdentifiedHook
words: Registry[Word] = Registry()


def home_url_name(viewer: Any, default: str = "work:mine") -> str:
    """Where this viewer lands: the first registered route that answers, else `default`."""
    for route in home:
        if answer := route.call(viewer):
            return str(answer)
    return default


def names_of(kind: str, viewer: Any, subjects: Sequence[Any]) -> Mapping[Any, Any]:
    """Who these subjects of `kind` are about, as far as the viewer may see; {} where no app says."""
    source = next((source for source in subject_names if source.name == kind), None)
    return source.call(viewer, subjects) if source and subjects else {}


def name_words(sort: str, labels: Mapping[str, Any]) -> None:
    """Say what people call the keys of one sort (`role`, `subject`, `purpose`)."""
    for key, label in labels.items():
        words.add(Word(f"{sort}.{key}", label))


def word_of(sort: str, key: str) -> Any:
    """What people call `key`; the key itself where no app says."""
    name = f"{sort}.{key}"
    return next((word.label for word in words if word.name == name), key)


def page_of(*names: str) -> str | None:
    """The URL name of the first of `names` (a kind of work item, then its kind of subject) that has a page."""
    pages = {page.name: page.url_name for page in subject_pages}
    return next((pages[name] for name in names if name in pages), None)
