"""Third-party assets kept in the repository: which, from where, and that nobody edited them.

`static/vendor/manifest.json` names each package with its version, licence and the sha256 of every file. The files come
from npm by hand (docs/screens.md says how); nothing here reaches the network.

    python -m yifang.web.vendor check               compare every file with the manifest
    python -m yifang.web.vendor icons FOLDER NAME…  add icons to the sprite from an unpacked @tabler/icons
    python -m yifang.web.vendor seal                write the present hashes after an upgrade
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor"
SPRITE = FOLDER / "icons" / "icons.svg"
_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"')


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files() -> Iterator[str]:
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.name != "manifest.json":
            yield path.relative_to(FOLDER).as_posix()


def problems() -> list[str]:
    """One English line for each file that is missing, changed, unlisted or without a licence; empty when well."""
    found = []
    listed: dict[str, str] = {}
    for package in json.loads((FOLDER / "manifest.json").read_text())["packages"]:
        listed |= package["files"]
        if package["licence_file"] not in package["files"]:
            found.append(f"{package['name']}: the licence text {package['licence_file']} is not among its files")
    for name, digest in listed.items():
        path = FOLDER / name
        if not path.is_file():
            found.append(f"{name}: listed in manifest.json but missing; fetch it again")
        elif _sha256(path) != digest:
            found.append(f"{name}: differs from manifest.json; fetch it again, or run `seal` after an upgrade")
    found.extend(f"{name}: not in manifest.json; add its package" for name in _files() if name not in listed)
    return found


def seal() -> None:
    """Write the hash of every file under the folder of its package; new files join the package of their folder."""
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    for package in manifest["packages"]:
        folder = package["licence_file"].split("/")[0] + "/"
        package["files"] = {name: _sha256(FOLDER / name) for name in _files() if name.startswith(folder)}
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


@cache
def icon_names() -> frozenset[str]:
    """The icons that the sprite holds."""
    return frozenset(_SYMBOL.findall(SPRITE.read_text()))


def add_icons(source: Path, names: Sequence[str]) -> None:
    """Rebuild the sprite with `names` added. Raises FileNotFoundError for an icon that @tabler/icons does not have."""
    wanted = sorted(set(names) | (icon_names() if SPRITE.exists() else frozenset()))
    symbols = []
    for name in wanted:
        drawing = (source / "icons" / "outline" / f"{name}.svg").read_text()
        paths = re.findall(r'<path d="[^"]+"\s*/>', drawing)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(paths)}</symbol>')
    SPRITE.write_text('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n")
    icon_names.cache_clear()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m yifang.web.vendor", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="compare every file with the manifest")
    verbs.add_parser("seal", help="write the present hashes after an upgrade")
    icons = verbs.add_parser("icons", help="add icons to the sprite")
    icons.add_argument("source", type=Path, help="an unpacked @tabler/icons package")
    icons.add_argument("names", nargs="*")
    args = parser.parse_args(argv)
    if args.verb == "icons":
        add_icons(args.source, args.names)
    if args.verb in ("icons", "seal"):
        seal()
    found = problems()
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
