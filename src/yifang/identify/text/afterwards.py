"""What a later clause says of a disease that was named before it: over, ruled out, under treatment.

`1月前患流感，已愈`, `流感待排，抗原阴性，已排除`, `2年前患肺结核，现治疗中`: the last clause has no subject of its own,
so it speaks of what was named last in the same sentence. A clause with a subject (`新冠已排除`) speaks of that one.
Clauses are still read one by one; this settles them once all of a note are read, and only where one has such a turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from yifang.identify.text.mentions import Mention, Reading

Turn = Literal["", "over", "ruled_out", "active"]
Clauses = list[tuple[int, Reading]]

_LONGEST = 32  # longer ones tell something of their own
_FAR = 1_000  # characters after which a topic without a full stop is no longer spoken of
_BACK = 200  # clauses looked back over for a doubt
_MAY_TURN = re.compile("愈|康复|血清|排除|除外|[疗药院]|至今|未见好转")
# When, and how surely. Taken whole (`*+`): nothing is given back, so that no wording takes long to refuse.
_WHEN = r"[约近]?[\d一二两三四五六七八九十半数几]+[多余]?个?[天日周月年][左右以之]*[前后内]?"
_LEAD = rf"{_WHEN}|此后|其后|随后|后|现|目前|今|均|都|皆|全部|临床|基本|完全|已经?|可以?|予以?|故|因此|据此|暂|也|亦| "
# How it came about, without naming another subject: 经抗病毒治疗后, 会诊后, 查甲流抗原阴性.
_MEANS = (
    r"(?:[经予查服用在]|给予|复查|检查|口服|住院|隔离|外院|我院|当地|规[律范]|抗\w|治疗|会诊|对症|自行)"
    r"[^,;，；未不没尚难无待可]*?"
)
_OVER = re.compile(
    rf"(?!.*可)(?:{_LEAD})*+(?:{_MEANS})?"
    rf"(?:痊愈|治愈|自愈|康复|病愈|愈|血清学?(?:固定|抵抗))(?:出院|了|停药|状态)?(?:{_WHEN})?"
)
_RULED_OUT = re.compile(rf"(?:{_LEAD})*+(?:{_MEANS}(?:可以?)?)?(?:排除|除外)(?:诊断|可能|了)?")
_ACTIVE = re.compile(
    r"(?!.*(?:(?<!未)停|完成|结束|未治疗))(?:现|目前|仍|至今|迄今|尚|正|今)[^,;，；]{0,14}?"
    r"(?:治疗中?|服药中?|用药中?|住院中|隔离中|在治|未愈|未痊愈|未治愈|未见好转|未停药)"
)
_SEVERAL = ("均", "都", "皆", "全部")
_STOP = re.compile(r"[。！!\n]")
_POSITIVE = re.compile(r"阳性|\(\+|（\+|\+\+")
_IN_THE_PAST = re.compile(r"年前|月前|前\d+个?[年月]|去年|前年|上个?月")
_DONE = re.compile(r"(?:已经?|可以?|予以?|基本|完全|临床)(?:排除|除外)")


class _Topic(NamedTuple):
    """What a turn speaks of: diseases named last, tested negative since, named at all; and where the telling began."""

    named: frozenset[str]
    tested: frozenset[str]
    all: frozenset[str]
    start: int


_NO_TOPIC = _Topic(frozenset(), frozenset(), frozenset(), 0)


def read(clause: str, mentions: tuple[Mention, ...]) -> tuple[Turn, bool]:
    """The turn that a folded clause takes, and whether it rules out a disease by its name.

    As done, that is; `查痰排除肺结核` asks for it.
    """
    if _MAY_TURN.search(clause) is None:
        return "", False
    diseases = [one for one in mentions if one.kind == "disease"]
    if diseases:
        return "", any(one.context == "排除" for one in diseases) and _DONE.search(clause) is not None
    return turn_of(clause), False


def turn_of(clause: str) -> Turn:
    """The turn of a clause without a disease in it, if it has no subject of its own."""
    clause = clause.strip(" :()")
    if len(clause) > _LONGEST:
        return ""
    if _RULED_OUT.fullmatch(clause):
        return "ruled_out"
    if _OVER.fullmatch(clause):
        return "over"
    return "active" if _ACTIVE.fullmatch(clause) else ""


def settled(clauses: Clauses, text: str, disease_of: Mapping[str, str], lifelong: frozenset[str]) -> Clauses:
    """The clauses of a note, earlier mentions brought to what later clauses say of them.

    `disease_of` gives the disease of a laboratory concept; a known disease that is `lifelong` does not become new
    by its treatment.
    """
    found = list(clauses)
    topic = _NO_TOPIC
    before = 0
    for place, (at, reading) in enumerate(clauses):
        if topic is not _NO_TOPIC and (at - topic.start > _FAR or _STOP.search(text, before, at)):
            topic = _NO_TOPIC
        before = at
        topic = _after(topic, reading, at, disease_of)
        if reading.turn and topic is not _NO_TOPIC:
            _take(reading.turn, topic, found, place, text, lifelong)
        elif reading.settles:
            _rule_out_doubts(found, place)
    return found


def _after(topic: _Topic, reading: Reading, at: int, disease_of: Mapping[str, str]) -> _Topic:
    """The topic once a clause is read: a disease begins a new one, a negative test adds to it."""
    if not reading.mentions:
        return topic
    named = frozenset(one.concept for one in reading.mentions if one.kind == "disease")
    if named:
        return _Topic(named, frozenset(), topic.all | named, at if topic is _NO_TOPIC else topic.start)
    tested = frozenset(
        disease_of[one.concept] for one in reading.mentions if one.kind == "laboratory" and one.assertion == "absent"
    )
    return topic._replace(tested=topic.tested | tested) if tested and topic is not _NO_TOPIC else topic


def _take(turn: Turn, topic: _Topic, found: Clauses, place: int, text: str, lifelong: frozenset[str]) -> None:
    """Bring what was said since the topic began to the turn that clause `place` takes."""
    at = found[place][0]
    since, own = text[topic.start : at], re.split("[,;，；。]", text[at : at + 40], maxsplit=1)[0]
    if turn == "ruled_out":
        meant = frozenset[str]() if _POSITIVE.search(since) else topic.tested or topic.named
    elif turn == "over":
        meant = topic.named if _is_past(since, own) else frozenset()
    else:
        meant = topic.named - lifelong
    if meant and any(word in own for word in _SEVERAL):
        meant |= topic.all
    for earlier in range(place - 1, -1, -1):
        start, reading = found[earlier]
        if start < topic.start:
            break
        for one in reading.mentions:
            if one.kind == "disease" and one.concept in meant and (changed := _turned(one, turn)):
                _put(found, earlier, one, changed)


def _turned(one: Mention, turn: Turn) -> Mention | None:
    """A mention as the turn leaves it, None where it leaves it alone."""
    if turn == "active":
        for_now = one.assertion == "historical" and one.context == "病史" and _IN_THE_PAST.search(one.clause)
        return one._replace(assertion="present", context="") if for_now else None
    if one.assertion not in ("uncertain", "present"):
        return None
    if turn == "over":
        return one._replace(assertion="historical", context="已愈")
    return one._replace(assertion="absent", context="排除")


def _is_past(since: str, own: str) -> bool:
    """Whether what is over lies before this visit: `治愈出院` alone ends the stay that the record is about."""
    return "出院" not in own or _IN_THE_PAST.search(since) is not None


def _rule_out_doubts(found: Clauses, place: int) -> None:
    """A disease doubted before and expressly ruled out now (`流感待排…已排除流感`) is no longer doubted."""
    for denied in found[place][1].mentions:
        if denied.kind == "disease" and denied.context == "排除":
            for earlier in range(max(0, place - _BACK), place):
                for one in found[earlier][1].mentions:
                    if one.concept == denied.concept and one.assertion == "uncertain" and _same_name(one, denied):
                        _put(found, earlier, one, one._replace(assertion="absent", context="排除"))


def _same_name(one: Mention, other: Mention) -> bool:
    """Whether two names of a disease are meant as the same: 乙流已排除 leaves 甲流 in doubt."""
    first, second = one.clause[one.start : one.end], other.clause[other.start : other.end]
    return first in second or second in first


def _put(found: Clauses, place: int, old: Mention, new: Mention) -> None:
    at, reading = found[place]
    found[place] = at, reading.with_mentions(tuple(new if one is old else one for one in reading.mentions))
