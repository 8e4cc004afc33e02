"""`yifang relay fingerprint|invite|join|admit|list|pause|resume|rotate|resend|take`: joining nodes, minding links.

An invitation and an answer are small files without secrets; people of both sides read each other the fingerprints by
telephone and give them with `--fingerprint`. A wrong use, and a file that does not fit: exit code 2.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from django.db.models import Count, Q

from yifang.apps.relay import pairing
from yifang.apps.relay.models import Outgoing, Peer, Waiting
from yifang.apps.relay.transport import folder as folders
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.messages import render

HELP = "上下级节点 · the links to other nodes"
_SHOWN = "对方的指纹，电话里核对 · the other side's fingerprint, read by telephone"


def configure(parser: argparse.ArgumentParser) -> None:
    """One verb with its own arguments."""
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="fingerprint|invite|join|admit|list|pause|resume|rotate|resend|take"
    )

    def verb(name: str, says: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=says, description=says)

    verb("fingerprint", "本节点的指纹 · this node's fingerprint")
    invite = verb("invite", "邀请一个下级节点 · invite a lower node")
    invite.add_argument("role", choices=("hospital", "district", "city"), help="它的角色 · its role")
    whose = "它可以替哪些单位上报，单位代码 · codes of the organisations that it may speak for"
    invite.add_argument("--organisation", metavar="CODE", action="append", default=[], help=whose)
    invite.add_argument("--url", metavar="URL", default="", help="本节点的网址 · the address of this node")
    by_files = "改用批文件：本节点的交换目录 · by batch files instead: this node's folder for them"
    invite.add_argument("--folder", metavar="FOLDER", default="", help=by_files)
    invite.add_argument("--out", metavar="FILE", default="", help="写到文件，默认打印 · write to a file; printed")
    join = verb("join", "接受上级的邀请 · take an upper node's invitation")
    admit = verb("admit", "接纳下级的回执 · let in the lower node that answered")
    for each in (join, admit):
        each.add_argument("file", type=Path, metavar="FILE")
        each.add_argument("--fingerprint", required=True, metavar="XXXX…", help=_SHOWN)
    join.add_argument(
        "--folder", metavar="FOLDER", default="", help="本节点的交换目录 · this node's folder for batch files"
    )
    join.add_argument("--out", metavar="FILE", default="", help="回执写到文件，默认打印 · write the answer to a file")
    listed = verb("list", "现有的连接 · the links there are")
    listed.add_argument("--json", action="store_true", help="每行一个 JSON · one JSON object a line")
    for name, says in (("pause", "暂停 · stop for now"), ("resume", "恢复 · go on")):
        verb(name, says).add_argument("node", metavar="NODE", help="节点编号或名称 · its id or name")
    verb("rotate", "换一对密钥，通知各节点 · a new pair of keys, told to every peer")
    resend = verb("resend", "再发还没有回执的批次 · send again what has no receipt yet")
    resend.add_argument("node", metavar="NODE", help="节点编号或名称 · its id or name")
    start = "从这个批号起，有回执的也重发 · from this number on, also what has a receipt"
    resend.add_argument("--from", dest="start", type=int, metavar="N", default=0, help=start)
    take = verb("take", "收进人工带来的批文件或回执 · take in files that people brought")
    take.add_argument("file", type=Path, nargs="+", metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    verb = args.verb
    if verb == "fingerprint":
        print(pairing.own_fingerprint())
    elif verb == "invite":
        folder = str(Path(args.folder).absolute()) if args.folder else ""
        made = pairing.invite(args.role, args.organisation, url=args.url, folder=folder)
        _hand_over(made, args.out, "said_invited")
    elif verb == "join":
        folder = str(Path(args.folder).absolute()) if args.folder else ""
        _hand_over(pairing.join(_read(args.file), args.fingerprint, folder=folder), args.out, "said_joined")
    elif verb == "admit":
        _say("said_admitted", name=pairing.admit(_read(args.file), args.fingerprint).name)
    elif verb == "list":
        _list(args.json)
    elif verb in ("pause", "resume"):
        peer = _peer(args.node)
        pairing.pause(peer, verb == "pause")
        _say(f"said_{verb}d", name=peer.name)
    elif verb == "rotate":
        _say("said_rotated", fingerprint=pairing.rotate())
    elif verb == "resend":
        peer = _peer(args.node)
        _say("said_resent", name=peer.name, number=pairing.resend(peer, args.start))
    else:
        for path in args.file:
            _say("said_taken", file=path.name, name=folders.take(_bytes(path)).name)
    return 0


def _list(as_json: bool) -> None:
    peers = Peer.objects.annotate(
        sent=Count("batches", filter=Q(batches__acked_at__isnull=True)),
    )
    for peer in peers:
        told = {
            "node": peer.node, "name": peer.name, "role": peer.role, "side": peer.side, "state": peer.state,
            "transport": peer.transport, "address": peer.url, "organisations": peer.organisations,
            "waiting": Outgoing.objects.filter(peer=peer, batch__isnull=True).count(), "unreceipted": peer.sent,
            "set_aside": Waiting.objects.filter(peer=peer).count(), "error": peer.error,
        }  # fmt: skip
        if as_json:
            print(json.dumps(told, ensure_ascii=False))
            continue
        wrong = _words(peer.error, **peer.error_params) if peer.error else ""
        counted = _words("relay.list_counts", waiting=told["waiting"], sent=peer.sent, aside=told["set_aside"])
        line = (peer.node, peer.name, peer.get_side_display(), peer.get_state_display(), peer.url, counted, wrong)
        print("  ".join(str(one) for one in line if one))


def _hand_over(made: dict[str, Any], out: str, said: str) -> None:
    text = json.dumps(made, ensure_ascii=False, indent=1)
    if not out:
        print(text)
        return
    try:
        Path(out).write_text(text + "\n", encoding="utf-8")
    except OSError as wrong:
        raise UserError("relay.file_unwritable", file=out, reason=wrong.strerror or "") from None
    _say(said, file=out, fingerprint=pairing.own_fingerprint())


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(_bytes(path))
    except ValueError:
        raise UserError("relay.not_a_file") from None
    if not isinstance(said, dict):
        raise UserError("relay.not_a_file")
    return said


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise UserError("relay.file_unreadable", file=str(path), reason=wrong.strerror or "") from None


def _peer(named: str) -> Peer:
    found = list(Peer.objects.filter(Q(node=named) | Q(name=named))[:2])
    if len(found) != 1:
        raise NotFound("relay.no_such", named=named, nodes=list(Peer.objects.values_list("node", flat=True)))
    return found[0]


def _say(code: str, /, **params: Any) -> None:
    print(_words(f"relay.{code}", **params))


def _words(code: str, /, **params: Any) -> str:
    return render(code, params, "en" if os.environ.get("YIFANG_LANG") == "en" else "zh")
