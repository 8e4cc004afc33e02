"""`yifang rules`: list, show, draft, try, propose and activate the rules of identification; what interruptions came to.

Who changes something is named with `--as`: the same rights and the same second person as on the pages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from yifang.kernel import clock, messages
from yifang.kernel.errors import EXIT_CODE, NotAllowed, UserError, YifangError

HELP = "识别规则 · the rules of identification and their versions"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verbs."""
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="list|show|draft|try|propose|activate|interruptions"
    )
    verbs.add_parser("list", help="版本和草稿 · versions and drafts")
    show = verbs.add_parser("show", help="一份规则的内容和试运行 · the words and trials of one")
    draft = verbs.add_parser("draft", help="从文件起草 · a draft from a file")
    draft.add_argument("file", type=Path, metavar="FILE")
    draft.add_argument("--title", required=True)
    trial = verbs.add_parser("try", help="用历史记录试运行 · run it on history")
    trial.add_argument("--days", type=int, default=90)
    propose = verbs.add_parser("propose", help="提交启用 · ask for its activation")
    activate = verbs.add_parser("activate", help="启用或回到某一版 · activate it, or go back to it")
    for verb in (show, trial, propose, activate):
        verb.add_argument("ruleset", metavar="NUMBER|ID", help="版本号或编号开头 · its number or the start of its id")
    for verb in (draft, trial, propose, activate):
        verb.add_argument("--as", dest="user", required=True, metavar="USER", help="由谁 · by whom")
    shares = verbs.add_parser("interruptions", help="打断医生的次数和结果 · how often doctors were interrupted")
    shares.add_argument("--days", type=int, default=90)


def run(args: argparse.Namespace) -> int:
    """Do it; a refusal is one line on stderr and exit code 2."""
    lang = args.config.lang
    try:
        for line in _VERBS[args.verb](args, lang):
            print(line)
    except YifangError as error:
        print(error.render(lang), file=sys.stderr)
        return EXIT_CODE
    return 0


def _list(args: argparse.Namespace, lang: str) -> Iterator[str]:
    from yifang.apps.reporting.models import RuleSet

    rows = RuleSet.objects.select_related("organisation").exclude(state="discarded").order_by("-made_at")
    for one in rows:
        number = one.number or "-"
        whose = one.organisation.code if one.organisation else "-"
        yield f"{number!s:>4} {str(one.id)[-8:]} {one.state:<9} {one.digest[:12]:<12} {whose:<12} {one.title}"
    if not rows:
        yield messages.render("reporting.rules_shipped", {}, lang)


def _show(args: argparse.Namespace, lang: str) -> Iterator[str]:
    from yifang.apps.reporting import rulebook
    from yifang.knowledge import PackError

    one = _named(args.ruleset)
    yield f"# {one.number or '-'} {one.title} ({one.state}) {one.digest}"
    yield one.text.rstrip() or "#"
    try:
        rulebook.read(one.text)
    except PackError as wrong:
        yield wrong.render(lang)
    for trial in one.trials.all():
        yield _of_trial(trial, lang)


def _draft(args: argparse.Namespace, lang: str) -> Iterator[str]:
    from yifang.apps.accounts.viewers import enter
    from yifang.apps.reporting import rulebook
    from yifang.apps.reporting.services import rulebook as services

    if not args.file.is_file():
        raise UserError("kernel.path_missing", path=str(args.file))
    try:
        text = args.file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError("reporting.rules_not_utf8", path=str(args.file)) from None
    rulebook.read(text)  # on the command line a draft with problems is not kept: the file is where it is mended
    with enter(_viewer(args.user, "rules.draft")) as viewer:
        one = services.draft(viewer, title=args.title, text=text)
    yield str(one.id)


def _try(args: argparse.Namespace, lang: str) -> Iterator[str]:
    from yifang.apps.accounts.viewers import enter
    from yifang.apps.reporting.models import Trial
    from yifang.apps.reporting.rulebook import trying
    from yifang.apps.reporting.services import rulebook as services

    with enter(_viewer(args.user, "rules.draft")) as viewer:
        asked = services.try_on_history(_named(args.ruleset).id, viewer, days=args.days)
    trying.run(asked.id)  # here and now; the job in the queue finds it done
    yield _of_trial(Trial.objects.get(id=asked.id), lang)


def _step(args: argparse.Namespace, lang: str) -> Iterator[str]:
    from yifang.apps.accounts.viewers import enter
    from yifang.apps.reporting.services import rulebook as services

    permission = "rules.draft" if args.verb == "propose" else "rules.activate"
    with enter(_viewer(args.user, permission)) as viewer:
        one = getattr(services, args.verb)(_named(args.ruleset).id, viewer)
    yield f"{one.number or '-'} {one.state} {one.digest}"


def _interruptions(args: argparse.Namespace, lang: str) -> Iterator[str]:
    from yifang.apps.reporting.models import Interruption
    from yifang.apps.reporting.queries.interruptions import yield_of

    since = clock.now() - timedelta(days=args.days)
    said = yield_of(Interruption.objects.filter(due_at__gte=since))
    share = "—" if said.share is None else f"{100 * said.share:.1f}%"
    facts = {
        "days": args.days, "made": said.made, "shown": said.shown, "card": said.card, "dismissed": said.dismissed,
        "withdrawn": said.withdrawn, "waiting": said.waiting, "share": share,
    }  # fmt: skip
    yield messages.render("reporting.interruptions_told", facts, lang)


def _of_trial(trial, lang: str) -> str:
    facts = {
        "state": trial.state, "days": trial.days, "done": trial.done, "newly": trial.newly,
        "no_longer": trial.no_longer, "stronger": trial.stronger, "weaker": trial.weaker, "unchanged": trial.unchanged,
    }  # fmt: skip
    return messages.render("reporting.rules_trial_told", facts, lang)


def _named(name: str):
    from yifang.apps.reporting.models import RuleSet
    from yifang.kernel.errors import NotFound

    if name.isdecimal() and len(name) < 6:
        found = RuleSet.objects.filter(number=int(name)).first()
    else:
        fitting = [one for one in RuleSet.objects.all() if name and name in (str(one.id), str(one.id)[-8:])]
        found = fitting[0] if len(fitting) == 1 else None
    if found is None:
        raise NotFound("reporting.no_ruleset")
    return found


def _viewer(username: str, permission: str):
    """The first valid seat of the user that may do it. Raises UserError for nobody, NotAllowed for one who may not."""
    from yifang.apps.accounts.models import User
    from yifang.apps.accounts.queries import valid_seats
    from yifang.apps.accounts.viewers import viewer_of

    if not User.objects.filter(username=username, is_active=True).exists():
        raise UserError("reporting.rules_no_user", name=username)
    seats = valid_seats().filter(user__username=username).select_related("organisation", "place")
    for seat in seats.order_by("since", "id"):
        viewer = viewer_of(seat)
        if viewer.can(permission):
            return viewer
    raise NotAllowed("reporting.rules_no_seat", name=username)


_VERBS = {
    "list": _list, "show": _show, "draft": _draft, "try": _try, "propose": _step, "activate": _step,
    "interruptions": _interruptions,
}  # fmt: skip
