"""`yifang workstation add|list|revoke|trial|front-end|link`: systems that open windows or ask by CDS Hooks.

A secret is printed once, when it is made. `link` prints a link of our own, good for two minutes, to try the window out.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from yifang import formats
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import services as reporting
from yifang.apps.workstation import services
from yifang.apps.workstation.models import Client, ClientKind
from yifang.apps.workstation.services import front_end
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.kernel.messages import render

HELP = "医生工作站 · the doctor's own system"
DAYS = 365


def configure(parser: argparse.ArgumentParser) -> None:
    """One verb with its own arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|list|revoke|trial|front-end|link")

    def verb(name: str, says: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=says, description=says)
        whose = "医院的单位代码 · code of the hospital"
        made.add_argument("organisation", metavar="ORGANISATION", help=whose)
        return made

    add = verb("add", "登记一个系统 · register a system")
    add.add_argument("name", metavar="NAME", help="给谁用 · which system it is")
    add.add_argument("--ed25519", metavar="FILE", help="它的 Ed25519 公钥 · its Ed25519 public key")
    add.add_argument("--jwks", metavar="FILE", help="CDS Hooks 客户端的公钥集 · public keys of a CDS Hooks client")
    add.add_argument("--issuer", metavar="ISS", default="", help="其令牌的 iss · the iss of its tokens")
    networks = "允许的地址或网段，逗号分隔 · addresses and networks it may come from"
    add.add_argument("--from", dest="networks", metavar="NETWORKS", default="", help=networks)
    days = f"有效天数，默认 {DAYS} · how many days it is good, by default {DAYS}"
    add.add_argument("--days", metavar="N", type=int, default=DAYS, help=days)
    listed = verb("list", "现有的系统 · the systems there are")
    listed.add_argument("--json", action="store_true", help="每行一个 JSON · one JSON object a line")
    revoke = verb("revoke", "撤销，即刻失效 · end one, at once")
    revoke.add_argument("client", metavar="NAME", help="名称，或编号的开头 · its name, or how its id begins")
    trial = verb("trial", "试运行：只记录，不提示，不上报 · try quietly: nobody is asked, nothing is sent up")
    days = trial.add_mutually_exclusive_group(required=True)
    days.add_argument("--days", metavar="N", type=int, help="从现在起试运行几天 · for how many days from now")
    days.add_argument("--live", action="store_true", help="结束试运行，转为正式 · end it and go live")
    front = verb("front-end", "前置软件导出的卡片状态 · states of cards that the national front-end drafted")
    front.add_argument(
        "file", metavar="FILE", help="CSV：就诊号、病种、状态 · CSV with those columns; - for standard input"
    )
    link = verb("link", "打印一个可试用的链接 · print a link to try out")
    link.add_argument("doctor", metavar="DOCTOR", help="医生工号 · staff number of the doctor")
    link.add_argument("visit", metavar="VISIT", help="就诊号 · number of the visit")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    organisation = Organisation.objects.filter(code=args.organisation, active=True).first()
    if organisation is None:
        raise UserError("workstation.no_organisation", code=args.organisation)
    if args.verb == "add":
        kind, file = ClientKind.HMAC, ""
        if args.jwks:
            kind, file = ClientKind.CDS, args.jwks
        elif args.ed25519:
            kind, file = ClientKind.ED25519, args.ed25519
        client, secret = services.add_client(
            organisation, args.name, kind, NODE, days=args.days, public=_read(file), issuer=args.issuer,
            networks=args.networks,
        )  # fmt: skip
        _say("said_client", name=client.name, until=_day(client), id=client.id.hex)
        if secret:
            _say("said_secret", secret=secret)
    elif args.verb == "revoke":
        _say("said_revoked", name=services.revoke_client(organisation, args.client, NODE).name)
    elif args.verb == "trial":
        if args.live:
            _say("said_live", asked=reporting.go_live(organisation, NODE))
        else:
            trial = reporting.start_trial(organisation, args.days, NODE)
            _say("said_trial", name=organisation.name, until=trial.until.astimezone(clock.CHINA).date().isoformat())
    elif args.verb == "front-end":
        return _front_end(organisation, args.file)
    elif args.verb == "link":
        print(services.own_link(organisation.id, args.doctor, visit=args.visit))
    else:
        for client in Client.objects.filter(organisation=organisation):
            _show(client, args.json)
    return 0


def _front_end(organisation: Organisation, file: str) -> int:
    states, wrong = [], 0
    for item in formats.read(("front-end.csv", _read(file).encode())):
        if item.states:
            states += item.states
        elif item.refusal is not None:
            wrong += 1
            refusal = item.refusal
            print(render(refusal.code, dict(refusal.params), "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"))
        else:
            raise UserError("workstation.front_end_columns")
    silent, waiting = front_end.take(organisation, states, NODE)
    _say("said_front_end", cards=len(states), silent=silent, waiting=waiting)
    return 1 if wrong else 0


def state(client: Client) -> str:
    """`good`, `expired` or `revoked`."""
    if client.revoked_at is not None:
        return "revoked"
    return "good" if client.expires_at > clock.now() else "expired"


def _show(client: Client, as_json: bool) -> None:
    used = client.used_on.isoformat() if client.used_on else ""
    told = {
        "id": client.id.hex, "name": client.name, "kind": client.kind, "issuer": client.issuer,
        "state": state(client), "until": _day(client), "used_on": used, "from": client.networks,
    }  # fmt: skip
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    shown = told | {"state": _words(f"state.{state(client)}"), "used_on": used or _words("never")}
    print("  ".join(str(one) for one in shown.values() if one))


def _read(file: str) -> str:
    if not file:
        return ""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError):
        raise UserError("intake.no_path", path=file) from None


def _day(client: Client) -> str:
    return client.expires_at.astimezone(clock.CHINA).date().isoformat()


def _say(code: str, /, **params: Any) -> None:
    print(_words(code, **params))


def _words(code: str, /, **params: Any) -> str:
    return render(f"workstation.{code}", params, "en" if os.environ.get("YIFANG_LANG") == "en" else "zh")
