"""Notes to mentions: which words of the packs a note holds, and whether they are said of the patient, now, and as true.

The contract is the syndromes pack's: text falls into clauses; a negation cue reaches to the end of its clause unless a
word ends it; pseudo cues negate nothing; history and other persons rule a clause; an informant is not the patient.
A trained reader (`spans`) adds symptoms in words that no pack lists; what is said of them the same rules decide.
A clause is read without regard to its neighbours, so readings are cached by clause; where one says what became of a
disease named before (已愈, 已排除), `afterwards` settles it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from yifang.identify.model import Assertion
from yifang.identify.text import afterwards, measures
from yifang.identify.text.lexicon import (
    ACTIVE,
    ADJACENT,
    COUNT,
    DURATION,
    EXCLUDE,
    HISTORICAL,
    INFORMANT,
    OTHER,
    PATIENT,
    PRE,
    PSEUDO,
    RULED_OUT,
    SELF,
    TERMINATE,
    UNCERTAIN,
    Lexicon,
    Word,
    compile_lexicon,
    fold,
)
from yifang.identify.text.mentions import Mention, Reading, answered
from yifang.identify.text.places import Places
from yifang.identify.text.spans import SpanReader
from yifang.identify.text.told import ToldReader
from yifang.knowledge import Knowledge

_CACHE_LIMIT = 50_000
_APART = frozenset(" ，。；：、,;:\n\t\u3000.)）")
_LONGEST = 300  # characters of a clause; a longer one, which nobody says, is read in pieces
_CHAIN = frozenset("、和或及与跟也还,")
_ABSENT_AFTER = re.compile(
    r"(?:筛查|初筛|复查|抗体|抗原|核酸|检测|检查|测定|试验|定性|定量|结果|培养|涂片){0,3}[:为均皆都呈是 ]{0,3}"
    r"(?:\(-\)|阴性|未检出|未(?:查|发)?[见现](?!明显|好转|缓解|减轻|改善|加重|消失|减少)|没有(?:了|的)?(?=$|就|,)|无$)"
    r"|(?: (?:PCR|RNA|IGM|ANTIGEN|AG|RAPID|TEST|TESTS|SWAB|CULTURE|VIRUS))* ?(?:IS|WAS|WERE|:)? ?"
    r"(?:NEGATIVE|NEG\b|NOT DETECTED|UNDETECTED)"
)
# 鼻涕没有了但是, 咳嗽基本没有, 发烧已经好了: as people tell it, behind the symptom. 发烧好了以后又咳 tells of it.
_GONE = re.compile(
    r"(?:基本上?|好像|现在|目前|几乎|完全|什么|已经|早就|也|都|就|又)*"
    r"(?:没有?了?(?=$|就|但|只|\?)|(?:好|消失|不见)了(?![很好]?多|[一好]?[点些]|没|吗|\?|过?[以之]?后|[再去才几一二两三\d]))"
)
_UNTIL = re.compile("(?:等到?|直到).{0,4}$")  # 等咳嗽好了再去: it is not over yet
# 不会烧得太厉害, 不是咳的很厉害: what is denied is how much.
_DEGREE = re.compile("[的得](?:太|很|特别|非常|那么|这么|多|[不挺])?(?:厉害|严重|频繁|多|高|重|狠)|那么|这么")
_ASKED = re.compile(r"[\?？]|(?:[^吗没有]{0,6})吗[\?？]*$")  # 咳嗽? 发烧吗, 咳嗽得厉害吗
_WHETHER = re.compile("有没有|是否|是不是|会不会")
_NO, _SHORT = re.compile("(?:都|也|从来)?(?:没有?|不是?|无|否|未)[的啊呢了哦呀过]?"), 5
_UNABLE = re.compile("(?<=[吐拉])不出来?")  # 想吐吐不出来: nothing came
_IF = re.compile("(?:如果|要是|假如|假使|万一|倘若)[^就]*$")  # 如果没有发烧就不用吃: not said to be so
# 流感可除外, 流感待排已排除: ruled out behind the name. 除外细菌感染 speaks of what follows.
_RULED_OUT_AFTER = re.compile(
    r"(?:感染|诊断|可能性?|待排查?|待查|\?){0,2}[ :]?(?:现|目前|已经?|可以?|予以?|基本|暂|完全|临床|均|都){0,4}"
    r"(?:排除(?!不)|除外(?=$|[,;)诊的]))"
    r"|(?: (?:PCR|TEST))* ?(?:HAS BEEN |IS |WAS )?(?:RULED OUT|EXCLUDED)"
)
_CHANGED = re.compile("加重|好转|缓解|减轻|消失|改善")  # 没有咳嗽加重 denies the change
_UNCHANGED = re.compile(
    "(?:也|都|还)(?:没有?|未|不)(?:见|明显)?(?:加重|好转|缓解|减轻|消失|改善)"
)  # 没有发烧咳嗽也没有加重
_NARRATOR = re.compile(r"(?:我|俺|咱)(?:们)?(?:家)?(?:的)?$")
_COMPANION = re.compile(r"(?:与|和|跟|随|陪|同|带)$")
# 接触过…患者, 家中有…病人: the name belongs to people around the patient.
_CONTACT = re.compile(
    r"接触.{0,6}$|(?:与|和).{0,3}$|(?:家[中里]|身边|周围|班[里上级]|同班|同[村屋室楼]|单位|学校|幼儿园|托幼|村[里中]|宿舍|病房|"
    r"当地|社区|小区).{0,6}$"
)
# 班里有手足口, 幼儿园最近流行水痘: where others have it.
_AROUND = re.compile(
    r"(?:班[里上级]|同班|幼儿园|学校|托班|早教班|小区|村[里中]|楼[上下里]|隔壁|邻居家?|宿舍|寝室|病房|科室|车间|工地|单位)"
    r"(?:[里中也都正又在]|最近|现在|今天|昨天){0,4}(?:有|流行|[爆暴]发|出现|发现|查出|发生|(?:\d+|[几一二两三数多])[人例名个])"
    r"(?:好几|很多|不少|[几一二两三\d]|[个例人名得患了的有]){0,4}$"
)
# 乙肝两对半, 流感病毒核酸, HBV-DNA, 流感疫苗: the name of a test or a vaccine, not of somebody's disease.
_OTHER_THING = re.compile(
    r"[- ]?(?:病?毒|螺旋体|杆菌)?[- ]?(?:DNA|RNA|IG[GM]|抗体|抗原|核酸|表面|核心|五项|两对半|载量|定量|疫苗|血清学|"
    r"菌苗|肥达|标志物|标记物|第?[一二两三\d][针剂]|的?预防针|人?免疫球蛋白|单克隆|单抗|被动免疫|抗毒素)"
)
# AFP 54.65, AFP(-): alpha-fetoprotein with its value, no flaccid paralysis.
_MARKER = re.compile(r"[^\w,;]{0,3}叒?\d|\([+-]|[: ]*(?:升高|增高|正常|阴性|阳性)|[:为]")
# The result of a test told in a note: HBsAg阳性, 甲流抗原(+). Denials are _ABSENT_AFTER's.
_TESTED = re.compile(
    r"(?:检测|检查|测定|试验|定性|定量|结果|培养|涂片|自测|自检|快检|初筛|筛查|确证|复[检查测]|[:为均呈示提是 ])*+"
    r"(?:1:\d+|弱?阳性?|\(\+{1,4}\)|\+{1,4}|检出|感染|生长|阴性|\(-\)|未检出|未见)"
    r"|(?: (?:TEST|IS|WAS|RESULT))* ?:? ?(?:POSITIVE|NEGATIVE|POS\b|NEG\b|(?:NOT )?DETECTED|(?:NON-?)?REACTIVE)"
)
# 炭疽密切接触者: a person near a case; 接触狂犬病, 狂犬病Ⅲ级暴露: exposed to it, as Z20 names it, and not ill.
_CONTACTS = re.compile(
    r"的?(?:密切|密|可疑)?接触(?:者|人员|后)|(?:病?毒|病原体)?(?:[ⅠⅡⅢI一二三\d]{1,3}[级度]|高危|职业|可疑|疑似)?的?暴露"
)
_EXPOSED = re.compile(r"(?:接触[和或及、/]?(?:暴露)?|暴露)[于过了到]?$")
# 病史3天 is the illness of today; 3岁时患麻疹, 1月前因疟疾住院 are of the past.
_CURRENT = re.compile(r"(?:(?<=^病史):|(?:约|近|已)?[\d一二两三四五六七八九十半]+余?(?:天|日|小时|H|周))")
_THEN = re.compile(r"岁(?:时|那年)|(?:月前|前\d+个?[月年]).{0,2}因")
# 1月前患流感: an illness that does not last is over after a month; what stands between may not doubt it.
_MONTHS_AGO = re.compile(
    r"(?:(?:\d+|[一二两三四五六七八九十数几]+)[多余]?个?月(?:多|余|半)?[以之]?前|上个?月|半年[多余]?[以之]?前|月余前|前\d+个?月)"
    r"[^,;疑虑考查排接触]{0,10}$"
)
# 流感后咳嗽, 感染新冠后乏力2周: what an illness leaves behind.
_LEFT_BEHIND = re.compile(
    r"(?:病毒)?(?:感染|病|愈)?后(?:期)?(?:遗留|残留|持续|反复|慢性|迁延性?|仍有?|出现|间断|\d+[天周月])*"
    r"(?:干咳|咳|乏力|疲[劳乏惫]|气[促短]|胸闷|嗅觉|味觉|状态|综合征|恢复|瘢痕|色素|脱[发甲屑皮]|失眠|心悸)"
)
# 新冠感染后1月, 流感后3周: long ago, whatever is told of it now.
_LONG_SINCE = re.compile(
    r"(?:病毒)?(?:感染|病|愈)?后(?:约|近|已)?(?:(?:\d+|[一二两三四五六七八九十半数几])[余多]?个?[半多余]?[月年]|(?:[2-9]|1\d|[二两三四五六])[余多]?周)"
)
_WHILE_ILL = re.compile(r"(?:患|得|感染|罹患|确诊|诊断|发现|考虑|疑似?|为)(?:了)?$")
_LONG_AFTER_DAYS = 14
# 乙肝大三阳20年: for years what is reported once in a life.
_FOR_YEARS = re.compile(
    r"[^,;\d]{0,8}?(?<!\d)(?:\d{1,2}|[一二两三四五六七八九十数几]+)[余多+]?年(?:余|多)?(?![级前月龄\d])"
)
# 培养出宋内志贺菌, 查见疟原虫: the result stands before the name.
_FOUND = re.compile(r"(?:培养出|检出|分离出|分离到|查见|查到|查出|找到|见到|检到)(?:了|大量|少量|少许)?$")
_OTHER_THAN = re.compile(r"(?<![除是])非$")
_CASES = re.compile(r"(?:确诊)?(?:患者|病人|病例|感染者|患儿)")
_SPREADS = re.compile(r"的?(?:流行(?!性)|暴发|爆发|疫情|聚集)")  # 麻疹流行期间: of a place, not of the patient


_ERUPTIONS = ("皮疹", "疱疹", "皮损", "出疹", "疹")
_DIAGNOSED = re.compile(r"(?:诊断|诊为|印象|诊)(?:为|是|[: ])*$")
ERUPTION = "样皮疹"  # 水痘样皮疹: as a diagnosis a doubt, in a description the look of a rash

_LATIN = re.compile("[A-Za-z]{2}")


_NOTHING = Reading()
Told = Literal["no", "record", "line"]


class Scanner:
    """The dictionary reader of one set of packs, and the trained reader beside it where there is one."""

    def __init__(self, knowledge: Knowledge, spans: SpanReader | None = None) -> None:
        self._lexicon: Lexicon = compile_lexicon(knowledge)
        pack = knowledge.syndromes
        narrow = {fold(mark) for mark in pack.negation.clause_split} | {"\r"}
        marks = "".join(char for char in map(chr, range(0x10000)) if fold(char) in narrow)
        # A full stop after a Latin word ends a clause (38.5 has none); a comma of an English list up to `or` does not.
        stop, comma = r"\.(?!\s|$)|(?<![A-Za-z])\.", r",(?=[A-Za-z -]{1,40}(?:,[A-Za-z -]{0,40}){0,12}\b(?:or|nor) )"
        self._clauses = re.compile(f"[^{re.escape(marks)}]+[?？]*")
        self._latin_clauses = re.compile(f"(?:[^{re.escape(marks)}.]+|{stop}|{comma})+[?？]*")
        self._days_min = {
            name + DURATION: one.duration.days_min for name, one in pack.all_concepts.items() if one.duration
        }
        self._count_min = {name + COUNT: one.count.min for name, one in pack.all_concepts.items() if one.count}
        self._places = Places(pack.all_concepts)
        reported = knowledge.triggers.rules.already_reported
        self._lifelong = frozenset(reported.lifetime)
        self._lasting = self._lifelong | {one.disease for one in reported.per_episode}
        self._disease_of = {rule.id: rule.disease for rule in knowledge.triggers.lab}
        self._age_words = tuple((fold(word), years) for word, years in pack.age_words.items())
        silent = frozenset(name for name, one in pack.all_concepts.items() if one.context == "silent")
        self._told = ToldReader(spans, self._lexicon, self._assert, silent) if spans else None
        self._caches: dict[Told, dict[str, Reading]] = {"no": {}, "record": {}, "line": {}}

    def parts(self, text: str) -> Iterator[tuple[int, str]]:
        """The clauses of a Chinese text with their beginnings."""
        return _parts(self._clauses, text)

    def symptoms(self) -> list[str]:
        """The words of symptoms, folded."""
        words = {
            word.text: word for seconds in self._lexicon.words.values() for kept in seconds.values() for word in kept
        }
        return sorted(text for text, word in words.items() if any(kind == "symptom" for kind, *_ in word.concepts))

    def clauses(self, text: str, told: Told = "no") -> list[tuple[int, Reading]]:
        """The clauses of a note that say something: where each begins, and its reading with offsets from there.

        With `told`, the trained reader reads as well: for what people tell, in a `record` or a `line` by itself.
        """
        if self._told is None:
            told = "no"
        cache = self._caches[told]
        found: list[tuple[int, Reading]] = []
        turns = lends = False
        pattern = self._latin_clauses if _LATIN.search(text) else self._clauses
        asked: tuple[int, Reading] | None = None
        for start, clause in _parts(pattern, text):
            if asked is not None:
                if len(clause) <= _SHORT and _NO.fullmatch(clause) and found[-1] is asked:
                    found[-1] = asked[0], answered(asked[1])
                asked = None
            if start and text[start - 1] in "?？" and (start == 1 or text[start - 2] in _APART):
                clause += "?"  # ？麻疹
            reading = cache.get(clause)
            if reading is None:
                if len(cache) >= _CACHE_LIMIT:
                    cache.clear()
                reading = cache[clause] = self._read_clause(fold(clause), told)
            if reading is not _NOTHING:
                found.append((start, reading))
                if clause[-1] in "?？吗么" or _WHETHER.search(clause):
                    asked = found[-1]
                if reading.turn or reading.settles:
                    turns = True
                if reading.places:
                    lends = True
        if lends:
            found = self._places.lent(found)
        return afterwards.settled(found, text, self._disease_of, self._lifelong) if turns else found

    def read(self, text: str) -> Reading:
        """The whole of a text, offsets counted from its beginning."""
        mentions: list[Mention] = []
        heat: tuple[float, ...] = ()
        signs: tuple[tuple[str, float], ...] = ()
        age: float | None = None
        for at, part in self.clauses(text):
            mentions += [one._replace(start=one.start + at, end=one.end + at) for one in part.mentions]
            heat += part.temperatures
            signs += part.vitals
            age = part.age_days if age is None else age
        return Reading(tuple(mentions), heat, signs, age)

    def _read_clause(self, clause: str, told: Told) -> Reading:
        tokens = self._tokens(clause)
        heat: tuple[float, ...] = ()
        signs: tuple[tuple[str, float], ...] = ()
        if measures.has_number(clause):
            heat, signs = tuple(measures.temperatures(clause)), tuple(measures.vitals(clause).items())
        age = measures.age_days(clause)
        if age is None:
            for word, years in self._age_words:
                if word in clause:
                    age = years * 365.25
                    break
        mentions: tuple[Mention, ...] = ()
        for _, one in tokens:
            if one.concepts:
                mentions = self._assert(clause, tokens)
                break
        turn, settles = afterwards.read(clause, mentions)
        read = self._told.read if self._told and told != "no" else None
        symptoms = read(clause, tokens, mentions, told == "line") if read else None
        if mentions or symptoms:
            mentions += tuple(self._places.of(clause, (*mentions, *(symptoms or ()))))
        places = self._places.alone(clause)
        if not mentions and not heat and not signs and age is None and not turn and not symptoms and not places:
            return _NOTHING
        return Reading(mentions, heat, signs, age, turn, settles, symptoms, places)

    def _tokens(self, clause: str) -> list[tuple[int, Word]]:
        tokens: list[tuple[int, Word]] = []
        words = self._lexicon.words
        at, length = 0, len(clause)
        while at < length:
            seconds = words.get(clause[at])
            if seconds is not None:
                for word in seconds.get(clause[at + 1 : at + 2]) or seconds[""]:
                    text = word.text
                    if clause.startswith(text, at) and not (word.whole and _inside(clause, at, text)):
                        tokens.append((at, word))
                        at += len(text)
                        break
                else:
                    at += 1
            else:
                at += 1
        return tokens

    def _assert(self, clause: str, tokens: list[tuple[int, Word]]) -> tuple[Mention, ...]:
        roles = 0
        for _, word in tokens:
            roles |= word.roles
        others = _other_spans(clause, tokens) if roles & OTHER else ()
        historical = any(
            word.roles & HISTORICAL and not _CURRENT.match(clause, at + len(word.text)) for at, word in tokens
        )
        # 康复后咳嗽: the disease is of the past, what follows it is not.
        after = historical and all(word.text.endswith("后") for _, word in tokens if word.roles & HISTORICAL)
        excludes = [(at, word.text) for at, word in tokens if word.roles & EXCLUDE] if roles & EXCLUDE else []
        negated = unsure = ruled_out = False
        reach = -1  # end of what an adjacent negation (不发热) reaches
        found: list[Mention] = []
        for at, word in tokens:
            role = word.roles
            if role & TERMINATE:
                negated, reach = False, -1
            if role & UNCERTAIN:
                unsure = True
            if role & RULED_OUT:
                ruled_out = True
            if role & PSEUDO:
                continue
            if role & PRE:
                negated = True
            elif role & ADJACENT:
                reach = at + len(word.text) + (0 if len(word.text) > 1 else 1)
            if not word.concepts:
                continue
            gap = at - reach
            near = reach >= 0 and (gap <= 0 or (gap == 1 and clause[reach] in _CHAIN))
            reach = at + len(word.text) if near else -1
            for kind, concept, inner, inner_end in word.concepts:
                start, end = at + inner, at + inner_end
                if kind == "disease" and (
                    _OTHER_THING.match(clause, end) or (word.text == "AFP" and _MARKER.match(clause, end))
                ):
                    continue
                if kind == "laboratory" and not (_TESTED.match(clause, end) or _FOUND.search(clause, 0, start)):
                    continue  # a test that is only named says nothing
                if concept in self._days_min:
                    if max(measures.durations(clause), default=0) < self._days_min[concept]:
                        continue
                    concept = concept.removesuffix(DURATION)
                elif concept in self._count_min:
                    if (measures.count_after(clause, end) or 0) < self._count_min[concept]:
                        continue
                    concept = concept.removesuffix(COUNT)
                assertion: Assertion = "present"
                context = ""
                if any(first <= start < last for first, last in others):
                    assertion = "other_person"
                elif (negated or near) and not _CHANGED.match(clause, end) and not _UNCHANGED.match(clause, end):
                    if kind != "symptom" or not _DEGREE.match(clause, end):
                        assertion = "uncertain" if _IF.search(clause, 0, start) else "absent"
                elif _ABSENT_AFTER.match(clause, at + len(word.text)):
                    assertion, context = "absent", "阴性" if kind == "disease" else ""
                elif kind == "symptom" and _gone(clause, start, at + len(word.text)):
                    assertion = "absent"
                elif kind == "disease":
                    past = historical or self._is_past(clause, concept, start, end)
                    assertion, context = _of_disease(clause, start, end, roles, past, ruled_out, excludes)
                elif (historical and not after) or (
                    kind == "laboratory" and self._is_old(clause, self._disease_of[concept], end)
                ):
                    assertion = "historical"
                elif (unsure and not _CHANGED.match(clause, end)) or _ASKED.match(clause, end):
                    assertion = "uncertain"
                found.append(Mention(kind, concept, start, end, assertion, context, clause))
        return tuple(found)

    def _is_past(self, clause: str, disease: str, start: int, end: int) -> bool:
        """Whether the words around the name say that the illness is over, or known for years."""
        if disease in self._lasting:
            return self._is_old(clause, disease, end)
        if _MONTHS_AGO.search(clause, 0, start) or _LONG_SINCE.match(clause, end):
            return True
        if _LEFT_BEHIND.match(clause, end) is None:
            return False
        return not _WHILE_ILL.search(clause, 0, start) or max(measures.durations(clause), default=0) >= _LONG_AFTER_DAYS

    def _is_old(self, clause: str, disease: str, end: int) -> bool:
        return disease in self._lifelong and _FOR_YEARS.match(clause, end) is not None


def _parts(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    """What a pattern finds, with its beginning; in pieces where it is long."""
    for match in pattern.finditer(text):
        part = match.group()
        if len(part) <= _LONGEST:
            yield match.start(), part
        else:
            for at in range(0, len(part), _LONGEST):
                yield match.start() + at, part[at : at + _LONGEST]


def _inside(clause: str, at: int, word: str) -> bool:
    """Whether a Latin word is only part of another: HCV of HCVAB, T of CT."""
    before = clause[at - 1] if at else " "
    if before.isascii() and before.isalnum():
        return True
    after = clause[at + len(word)] if at + len(word) < len(clause) else " "
    return word[-1].isascii() and word[-1].isalnum() and after.isascii() and after.isalnum()


def _gone(clause: str, start: int, end: int) -> bool:
    """Whether the words behind a symptom say that it is over, or that it did not come."""
    if _UNABLE.match(clause, end):
        return True
    return _GONE.match(clause, end) is not None and _UNTIL.search(clause, 0, start) is None


def _other_spans(clause: str, tokens: list[tuple[int, Word]]) -> list[tuple[int, int]]:
    """The stretches of a clause that speak of somebody else than the patient."""
    spans: list[tuple[int, int]] = []
    for place, (at, word) in enumerate(tokens):
        if not word.roles & OTHER or _NARRATOR.search(clause, 0, at):
            continue
        end = at + len(word.text)
        rest = tokens[place + 1 :]
        informant = next((one for one in rest if one[1].roles & INFORMANT and one[0] - end <= 6), None)
        if informant:
            after = [one for one in rest if one[0] > informant[0]]
            if not any(one[1].roles & (OTHER | SELF) for one in after):
                continue
        if _COMPANION.search(clause, 0, at) and (
            "后" in clause[end:] or "聚" in clause[end:] or "同住" in clause[end:]
        ):
            continue
        stop = next((one[0] for one in rest if one[1].roles & PATIENT and not one[1].roles & SELF), len(clause))
        # 发热的同学: what stands right before 的 belongs to that person as well.
        begin = next((one[0] for one in tokens[:place] if clause[one[0] + len(one[1].text) : at] in ("的", "")), at)
        spans.append((begin, stop))
    return spans


def _of_disease(
    clause: str, start: int, end: int, roles: int, historical: bool, ruled_out: bool, excludes: list[tuple[int, str]]
) -> tuple[Assertion, str]:
    """Assertion of a disease name, and the excluding word of the pack in its clause, if any."""
    if clause[end : end + 1] == "样":
        if clause.startswith(_ERUPTIONS, end + 1):
            doubted = roles & UNCERTAIN or _DIAGNOSED.search(clause, 0, start)
            return "uncertain", "" if doubted else ERUPTION
        return "uncertain", "样"
    if _RULED_OUT_AFTER.match(clause, end):
        return "absent", "排除"
    near = _CONTACT.search(clause, 0, start) and _CASES.match(clause, end)
    near = near or _EXPOSED.search(clause, 0, start)
    if near or _AROUND.search(clause, 0, start) or _SPREADS.match(clause, end) or _CONTACTS.match(clause, end):
        return "other_person", "接触史"
    if _OTHER_THAN.search(clause, 0, start):
        return "absent", "排除"
    historical = historical or bool(_THEN.search(clause, 0, start))
    # A result after the name says more than the reason it was asked for: 梅毒、艾滋病筛查均为阴性.
    for at, word in sorted(excludes, key=lambda one: one[1] not in _NEGATIVE_WORDS):
        if word in _NEGATIVE_WORDS and (at < start or "阳性" in clause[end:at]):
            continue
        if at <= start and at + len(word) >= end:
            continue
        told = _CONTEXT_ASSERTION.get(word, "uncertain")
        if told == "historical" and any(sign in clause for sign in ACTIVE):
            continue
        return told, word
    if historical and not any(sign in clause for sign in ACTIVE):
        return "historical", "病史"
    if ruled_out:
        return "absent", "排除"
    if roles & UNCERTAIN or "?" in clause[end:]:
        return "uncertain", ""
    return "present", ""


_NEGATIVE_WORDS = ("阴性", "(-)")
_CONTEXT_ASSERTION: dict[str, Assertion] = {
    "病史": "historical", "既往史": "historical", "陈旧": "historical", "已愈": "historical", "复查": "historical",
    "后遗症": "historical", "家族史": "other_person", "接触史": "other_person", "排除": "absent", "阴性": "absent",
}  # fmt: skip
