"""`yifang accounts …`: open accounts, give and end seats, reset passwords, close accounts, list who there is.

Whoever may run it holds the node's secrets; the ledger says that the node did it. A password is printed once or read
from standard input, never an argument, which others on the machine could read. Wrong use and wrong names: exit code 2.
"""

import argparse
import json
import os
import secrets
import sys
from datetime import date
from typing import Any

from yifang.apps.accounts import queries, services
from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Organisation, Place
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.kernel.messages import render

HELP = "账号与岗位 · accounts and seats"


def configure(parser: argparse.ArgumentParser) -> None:
    """One verb with its own arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|seat|end|reset|disable|enable|list")

    def verb(name: str, says: str, *, named: bool = True) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=says, description=says)
        if named:
            made.add_argument("username", metavar="USERNAME", help="用户名 · user name")
        return made

    stdin = "从标准输入读密码，不自动生成 · read the password from standard input instead of making one"
    add = verb("add", "开通账号 · open an account")
    add.add_argument("name", metavar="NAME", help="姓名 · the person's name")
    add.add_argument("--password-stdin", action="store_true", help=stdin)
    seat = verb("seat", "安排岗位 · give a seat")
    seat.add_argument("role", choices=sorted(ROLES), metavar="ROLE", help="岗位 · one of " + ", ".join(sorted(ROLES)))
    seat.add_argument("--organisation", metavar="CODE", default="", help="单位代码 · code of the organisation")
    seat.add_argument("--department", metavar="NAME", default="", help="科室 · department")
    seat.add_argument("--at", metavar="AREA", default="", help="辖区代码 · area code it looks from")
    seat.add_argument("--place", metavar="CODE", default="", help="场所代码（班级、网格）· code of a class or grid")
    seat.add_argument("--staff-no", metavar="NO", default="", help="本单位工号 · number in the organisation's systems")
    seat.add_argument("--hiv-officer", action="store_true", help="艾滋病专人 · named for HIV")
    seat.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="从哪天起 · first day")
    seat.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="到哪天止 · last day")
    end = verb("end", "结束岗位 · end a seat")
    end.add_argument("seat", metavar="SEAT", help="岗位编号或其开头 · the seat's number, or how it begins")
    end.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="最后一天，默认立即 · last day; now")
    reset = verb("reset", "重置密码并解除锁定 · reset the password and lift a lock-out")
    reset.add_argument("--password-stdin", action="store_true", help=stdin)
    reset.add_argument("--keep-password", action="store_true", help="只解除锁定 · lift the lock-out only")
    verb("disable", "停用账号 · close an account")
    verb("enable", "恢复账号 · open a closed account again")
    listed = verb("list", "账号、岗位、锁定 · accounts, their seats, who is locked out", named=False)
    listed.add_argument("username", nargs="?", default="", metavar="USERNAME", help="只看一人 · one of them")
    listed.add_argument("--json", action="store_true", help="每人一行 JSON · one JSON object a person")


def run(args: argparse.Namespace) -> int:
    """Do it and say so."""
    _VERBS[args.verb](args)
    return 0


def _add(args: argparse.Namespace) -> None:
    password = _password(args)
    services.create_user(args.username, args.name, password, NODE, must_change=True)
    _say("said_added", username=args.username)
    _tell(args, password)


def _seat(args: argparse.Namespace) -> None:
    organisation = Organisation.objects.filter(code=args.organisation).first() if args.organisation else None
    if args.organisation and organisation is None:
        raise UserError("accounts.no_organisation", code=args.organisation)
    place = Place.objects.filter(code=args.place).first() if args.place else None
    if args.place and place is None:
        raise UserError("accounts.no_place", code=args.place)
    seat = services.give_seat(
        _user(args), args.role, NODE, organisation=organisation, department=args.department, area_code=args.at,
        place=place, staff_no=args.staff_no, hiv_officer=args.hiv_officer, since=args.since, until=args.until,
    )  # fmt: skip
    _say("said_seat", seat=seat.id, what=_what(seat))


def _end(args: argparse.Namespace) -> None:
    user = _user(args)
    found = [seat for seat in queries.seats_to_come(user) if str(seat.id).startswith(args.seat)]
    if len(found) != 1:
        raise UserError("accounts.no_seat_of", username=args.username, seat=args.seat)
    services.end_seat(found[0], NODE, args.until)
    _say("said_ended", seat=found[0].id, until=found[0].until)


def _reset(args: argparse.Namespace) -> None:
    user = _user(args)
    if args.keep_password:
        _say("said_unlocked" if services.lift_lock(user, NODE) else "said_not_locked", username=args.username)
        return
    password = _password(args)
    services.reset_password(user, password, NODE)
    _say("said_reset", username=args.username)
    _tell(args, password)


def _disable(args: argparse.Namespace) -> None:
    services.disable(_user(args), NODE)
    _say("said_disabled", username=args.username)


def _enable(args: argparse.Namespace) -> None:
    services.enable(_user(args), NODE)
    _say("said_enabled", username=args.username)


def _list(args: argparse.Namespace) -> None:
    users = [_user(args)] if args.username else list(User.objects.order_by("username"))
    for user in users:
        seats, locked = queries.seats_to_come(user), services.locked_until(user)
        if args.json:
            told = {
                "username": user.username, "name": user.display_name, "active": user.is_active,
                "must_change_password": user.must_change_password, "last_login": user.last_login, "locked": locked,
                "seats": [{"id": seat.id, "role": seat.role, "where": seat.where, "since": seat.since,
                           "until": seat.until} for seat in seats],
            }  # fmt: skip
            print(json.dumps(told, ensure_ascii=False, default=str))
            continue
        last = _words("list_last", at=_time(user.last_login)) if user.last_login else _words("list_never")
        notes = [last]
        notes += [] if user.is_active else [_words("list_disabled")]
        notes += [_words("list_must_change")] if user.must_change_password else []
        notes += [_words("list_locked", address=where, until=_time(until)) for where, until in locked.items()]
        print(f"{user.username}  {user.display_name}  {' · '.join(notes)}")
        for seat in seats:
            print(f"    {seat.id}  {_what(seat)}")
        if not seats:
            print(f"    {_words('list_no_seat')}")


_VERBS = {
    "add": _add, "seat": _seat, "end": _end, "reset": _reset, "disable": _disable, "enable": _enable, "list": _list,
}  # fmt: skip


def _user(args: argparse.Namespace) -> User:
    found = User.objects.filter(username=args.username).first()
    if found is None:
        raise UserError("accounts.no_user", username=args.username)
    return found


def _password(args: argparse.Namespace) -> str:
    if not args.password_stdin:
        return secrets.token_urlsafe(12)
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise UserError("accounts.no_password")
    return given


def _tell(args: argparse.Namespace, password: str) -> None:
    if not args.password_stdin:
        _say("said_password", username=args.username, password=password)


def _what(seat: Seat) -> str:
    role = ROLES[seat.role]
    until = f" – {seat.until}" if seat.until else ""
    return " · ".join(filter(None, (role.en if _lang() == "en" else role.zh, seat.where, f"{seat.since}{until}")))


def _time(at: Any) -> str:
    return f"{at.astimezone(clock.CHINA):%Y-%m-%d %H:%M}"


def _say(code: str, **params: Any) -> None:
    print(_words(code, **params))


def _words(code: str, **params: Any) -> str:
    return render(f"accounts.{code}", params, _lang())


def _lang() -> str:
    return "en" if os.environ.get("YIFANG_LANG") == "en" else "zh"
