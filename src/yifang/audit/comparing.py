"""Records against cards: each episode of a person and disease gets one verdict, with the evidence that it rests on.

The order of questions is the desk's own: has this hospital reported it, in time, rightly? Has another? Did a doctor say
why not? Was a card deleted? Has its time not run out yet? What is left was missed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from yifang.audit.model import SOURCES, Dismissed, Kind, Said, Told, Verdict
from yifang.identify.episodes import EpisodePolicy
from yifang.identify.model import Reported
from yifang.kernel.clock import CHINA
from yifang.knowledge import Knowledge

_CLASSES = {"suspected": 0, "clinical": 1, "confirmed": 2}
_RESULTS = ("lis",)


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the packs the audit needs: limits in hours by disease and subtype, episodes, kin, who confirms outside.

    `families`: diseases that the law names as one (the hepatitides): a card of one answers for another that is less
    exactly known, and names it wrongly where the evidence is exact. `lower`: diseases with a class below confirmed.
    `always`: what the law names and what is due within two hours; other diseases are audited where they are reported.
    `together`: what confirms a disease only together (a diagnosis and a result), `tests` the rules of laboratory tests.
    """

    hours: dict[tuple[str, str], int]
    episodes: EpisodePolicy
    families: dict[str, str]
    lower: frozenset[str]
    always: frozenset[str]
    together: dict[str, tuple[frozenset[str], ...]]
    tests: frozenset[str]

    def due(self, disease: str, subtype: str, at: datetime) -> datetime:
        """When a card must stand in the national system."""
        hours = self.hours.get((disease, subtype))
        return at + timedelta(hours=self.hours[disease, ""] if hours is None else hours)


def rules_of(knowledge: Knowledge) -> Rules:
    """The rules of the packs."""
    hours: dict[tuple[str, str], int] = {}
    families: dict[str, str] = {}
    for one in knowledge.diseases.values():
        families[one.id] = one.statutory_name or one.id
        hours[one.id, ""] = one.report_hours
        for subtype in one.subtypes:
            hours[one.id, subtype.id] = one.for_subtype(subtype.id).report_hours
    lower = frozenset(id for id in families if {"clinical", "suspected"} & set(knowledge.diseases[id].case_classes))
    always = frozenset(one.id for one in knowledge.diseases.values() if one.is_statutory or one.is_urgent)
    triggers = knowledge.triggers
    together = {one.id: tuple(way for way in one.rules.get("confirmed", ()) if len(way) > 1)
                for one in triggers.case_classes}  # fmt: skip
    tests = frozenset(one.id for one in triggers.lab)
    return Rules(hours, EpisodePolicy.of(knowledge), families, lower, always, together, tests)


def audited(told: Iterable[Told], rules: Rules) -> frozenset[str]:
    """The diseases to audit: those of the law, and others of which this hospital reports more than a single case.

    Chickenpox is no disease of the law and in most provinces reported like one: the cards say where.
    """
    counted = Counter(one.disease for one in told if one.own and one.stands)
    return rules.always | {disease for disease, count in counted.items() if count > 1}


def compare(
    said: Iterable[Said],
    told: Iterable[Told],
    dismissed: Iterable[Dismissed],
    rules: Rules,
    now: datetime,
    *,
    tested: Mapping[str, Collection[date]] | None = None,
    diseases: Collection[str] | None = None,
) -> list[Verdict]:
    """One verdict an episode, in the order of their beginnings; the same for the same input in any order.

    `tested` are the days of each person's laboratory reports, None where the laboratory does not send to us: only with
    it can a card say `confirmed` without a result, and only of a disease that this laboratory finds now and then: the
    others are confirmed elsewhere. `diseases` are those `audited`, worked out from `told` where not given.
    """
    told = list(told)
    looked_for = audited(told, rules) if diseases is None else diseases
    cards: dict[str, list[Told]] = defaultdict(list)
    for card in sorted(told, key=lambda one: (one.entered_at or one.diagnosed_at, one.id)):
        cards[card.person].append(card)
    answers: dict[str, list[Dismissed]] = defaultdict(list)
    for answer in dismissed:
        answers[answer.person].append(answer)
    groups: dict[tuple[str, str], list[Said]] = defaultdict(list)
    found_here: set[str] = set()
    for one in said:
        if one.disease in looked_for:
            groups[one.person, one.disease].append(one)
            if one.source in _RESULTS and not one.withheld:
                found_here.add(one.disease)
    provable = found_here & rules.lower if tested is not None else set()
    found: list[Verdict] = []
    for (person, disease), group in groups.items():
        group.sort(key=lambda one: (one.at, one.record, one.rule, one.source))
        for episode in _episodes(group, disease, rules.episodes):
            unproven = disease in provable and not _is_tested(episode, (tested or {}).get(person, ()), rules)
            judge = _Judge(episode, disease, rules, now, cards[person], answers[person], unproven)
            if (verdict := judge.verdict()) is not None:
                found.append(verdict)
    found = _without_vaguer(found, rules)
    found.sort(key=lambda one: (one.since, one.person, one.disease))
    return found


def _episodes(group: Sequence[Said], disease: str, policy: EpisodePolicy) -> Iterator[list[Said]]:
    """Evidence of one disease, cut where the pack says that a new episode begins."""
    episode: list[Said] = []
    for one in group:
        if episode and not policy.same_episode(disease, Reported(disease, _day(episode[-1].at)), _day(one.at)):
            yield episode
            episode = []
        episode.append(one)
    if episode:
        yield episode


def _is_tested(episode: Sequence[Said], days: Collection[date], rules: Rules) -> bool:
    """Whether the laboratory reported anything of the person about that time, or a doctor wrote a result down."""
    if any(one.rule in rules.tests for one in episode):
        return True
    first, last = _day(episode[0].at - _window(rules)), _day(episode[-1].at + _window(rules))
    return any(first <= day <= last for day in days)


def _without_vaguer(found: list[Verdict], rules: Rules) -> list[Verdict]:
    """No double count: of diseases of one family that a person's records name at once, what is only vaguer is left."""
    open_: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for one in found:
        open_[one.person, rules.families[one.disease]].append(one)
    left: set[int] = set()
    for group in open_.values():
        if len({one.disease for one in group}) < 2:
            continue
        for one in group:
            others = [
                other for other in group
                if other.disease != one.disease and abs(other.since - one.since) <= _window(rules)
                and _exactness(other) > _exactness(one)
            ]  # fmt: skip
            if one.kind in ("missed", "waiting", "not_a_case") and others:
                left.add(id(one))
    return [one for one in found if id(one) not in left]


def _exactness(one: Verdict) -> tuple[bool, bool, int]:
    results = any(said.source in _RESULTS and not said.withheld for said in one.said)
    return (one.kind != "not_a_case", results or bool(one.told), -len(one.disease))


def _window(rules: Rules) -> timedelta:
    return timedelta(days=rules.episodes.window_days)


@dataclass(slots=True)
class _Judge:
    """One episode and everything that bears on it."""

    episode: list[Said]
    disease: str
    rules: Rules
    now: datetime
    cards: Sequence[Told]
    answers: Sequence[Dismissed]
    unproven: bool  # a card that says confirmed says so without any result

    def verdict(self) -> Verdict | None:
        """The verdict, None where nothing but weak evidence stands."""
        positive = [one for one in self.episode if not one.withheld and one.level != "weak"]
        if not positive:
            return self._not_a_case()
        matched = [card for card in self.cards if card.disease == self.disease and self._same(card)]
        own = [card for card in matched if card.own and card.stands]
        if own:
            return self._reported(own, positive)
        if kin := [card for card in self._kin() if card.own]:
            return self._kin_reported(kin, positive)
        if others := [card for card in (*matched, *self._kin()) if card.stands]:
            return self._elsewhere(others, positive)
        if reason := self._answered():
            return self._make("not_a_case", reason, positive)
        if gone := [card for card in matched if card.own]:
            return self._make("not_a_case", f"deleted:{gone[-1].why}", positive, gone)
        first = self._first(positive)
        kind: Kind = "waiting" if self._due(first) > self.now else "missed"
        return self._make(kind, "", positive)

    def _not_a_case(self) -> Verdict | None:
        held = [one for one in self.episode if one.withheld]
        if not held:
            return None
        matched = [card for card in self.cards if card.disease == self.disease and self._same(card) and card.stands]
        if matched:
            own = [card for card in matched if card.own]
            kind: Kind = "reported" if own else "reported_elsewhere"
            return self._make(kind, "", held, own or matched)
        return self._make("not_a_case", held[0].withheld, held)

    def _same(self, card: Told) -> bool:
        """Whether the card belongs to the episode: by its diagnosis or its entry, on either side of the evidence."""
        days = {_day(card.diagnosed_at)} | ({_day(card.entered_at)} if card.entered_at else set())
        return any(
            self.rules.episodes.same_episode(self.disease, Reported(card.disease, day), _day(one.at))
            for day in days
            for one in (self.episode[0], self.episode[-1], *self.episode[1:-1])
        )

    def _kin(self) -> list[Told]:
        """Standing cards of the days of the episode for another disease that the law names with this one."""
        family = self.rules.families[self.disease]
        first, last = self.episode[0].at - _window(self.rules), self.episode[-1].at + _window(self.rules)
        return [
            card for card in self.cards
            if card.stands and card.disease != self.disease and self.rules.families.get(card.disease) == family
            and first <= card.diagnosed_at <= last
        ]  # fmt: skip

    def _reported(self, own: list[Told], positive: list[Said]) -> Verdict:
        best = min(own, key=lambda card: (card.entered_at is None, card.entered_at or card.diagnosed_at, card.id))
        # A card of long ago, of a lifelong disease or one under treatment, was judged in its own time.
        fresh = abs(best.diagnosed_at - self._first(positive)) <= _window(self.rules)
        surest = max(own, key=lambda card: _CLASSES.get(card.case_class, -1))  # two cards: the second corrected it
        wrong = self._wrongly(surest, positive) if fresh else ""
        late = self._late(best, positive) if fresh else None
        if best.entered_at is None:
            due = self.rules.due(self.disease, best.subtype, best.diagnosed_at)
            if due > self.now:
                return self._make("waiting", "not_entered", positive, own)
            return self._make("late", "not_entered", positive, own, _minutes(self.now - due))
        if late is not None:
            also: tuple[Kind, ...] = ("wrong_class",) if wrong else ()
            return self._make("late", wrong or late[1], positive, own, late[0], also)
        if wrong:
            return self._make("wrong_class", wrong, positive, own)
        return self._make("reported", "", positive, own)

    def _late(self, card: Told, positive: list[Said]) -> tuple[int, str] | None:
        """By how many minutes, and by whose word the clock began; None where it was in time."""
        if card.entered_at is None:
            return None
        due = self.rules.due(self.disease, card.subtype, card.diagnosed_at)
        if card.in_time is False or (card.in_time is None and card.entered_at > due):
            if card.entered_at <= due:  # diagnosed anew since: what counts is the first diagnosis
                due = self.rules.due(self.disease, card.subtype, self._first(positive))
            return max(_minutes(card.entered_at - due), 1), ""
        decisive = [one.at for one in positive if one.level == "strong" and one.by_visit and one.named]
        if not decisive:
            return None
        limit = self.rules.due(self.disease, card.subtype, min(decisive))
        # The card's diagnosis lies more than a whole limit after the record's: the clock was begun anew.
        if card.entered_at > limit and card.diagnosed_at > limit:
            return _minutes(card.entered_at - limit), "diagnosed_earlier"
        return None

    def _wrongly(self, card: Told, positive: list[Said]) -> str:
        if card.case_class in _CLASSES:
            proven = self._proven(positive)
            if proven and _CLASSES[card.case_class] < _CLASSES["confirmed"]:
                entered = card.entered_at or self.now
                if any(at <= entered for at in proven):
                    return "class_too_low"
                if self.rules.due(self.disease, card.subtype, min(proven)) <= self.now:
                    return "class_since"
            if card.case_class == "confirmed" and self.unproven:
                return "class_without_result"
        hints = {one.subtype for one in positive if one.subtype and one.source in _RESULTS}
        if card.subtype and hints and card.subtype not in hints and self._is_less(card.subtype):
            return "subtype"
        return ""

    def _proven(self, positive: list[Said]) -> list[datetime]:
        """When results confirmed the case: by themselves, or together with what other records of the episode say."""
        results = [one for one in positive if one.source in _RESULTS]
        facts = {one.rule for one in results}
        facts |= {"diagnosis" for one in positive if one.named and one.case_class != "suspected"}
        parts = {fact for way in self.rules.together.get(self.disease, ()) if way <= facts for fact in way}
        return [one.at for one in results if one.case_class == "confirmed" or one.rule in parts]

    def _is_less(self, subtype: str) -> bool:
        """Whether the card's subtype says that nothing was found (`…_neg`, `…_none`) although something was."""
        return subtype.endswith(("_neg", "_none", "_unspecified"))

    def _kin_reported(self, kin: list[Told], positive: list[Said]) -> Verdict:
        exact = any(one.source in _RESULTS and one.level == "strong" for one in positive)
        return self._make("wrong_class" if exact else "reported", "disease" if exact else "kin", positive, kin)

    def _elsewhere(self, others: list[Told], positive: list[Said]) -> Verdict:
        first = self._first(positive)
        earliest = min(card.diagnosed_at for card in others)
        # First-diagnosis responsibility: who sees the patient first reports, whatever a colleague elsewhere does later.
        here = earliest > self._due(first) and self.now > self._due(first)
        return self._make("reported_elsewhere", "first_here" if here else "", positive, others)

    def _answered(self) -> str:
        days = [_day(one.at) for one in self.episode]
        for answer in sorted(self.answers, key=lambda one: one.on):
            known = Reported(self.disease, answer.on)
            if answer.disease == self.disease and any(
                self.rules.episodes.same_episode(self.disease, known, day) for day in days
            ):
                return f"doctor:{answer.reason}"
        return ""

    def _first(self, positive: list[Said]) -> datetime:
        """When the diagnosis could be made: the first strong evidence, else the first at all."""
        strong = [one.at for one in positive if one.level == "strong"]
        return min(strong or [one.at for one in positive])

    def _due(self, first: datetime) -> datetime:
        subtype = next((one.subtype for one in self.episode if one.subtype), "")
        return self.rules.due(self.disease, subtype, first)

    def _make(
        self, kind: Kind, reason: str, said: list[Said], told: Sequence[Told] = (), minutes: int | None = None,
        also: tuple[Kind, ...] = (),
    ) -> Verdict:  # fmt: skip
        since = min(one.at for one in said) if kind == "not_a_case" else self._first(said)
        lead = min(said, key=lambda one: (one.level != "strong", SOURCES.index(one.source), one.at))
        return Verdict(
            self.episode[0].person, self.disease, kind, reason, since, self._due(since), lead.source,
            next((one.department for one in (lead, *said) if one.department), ""), minutes, tuple(said),
            tuple(card.id for card in told), also,
        )  # fmt: skip


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
