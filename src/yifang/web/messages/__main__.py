"""The command line of the translations tool; see the package."""

import argparse
import sys

from yifang.web.messages import check, compile_all, extract
from yifang.web.messages.po import PoError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m yifang.web.messages", description="Translations of the screens.")
    parser.add_argument("verb", choices=["extract", "compile", "check"])
    parser.add_argument("app", nargs="*", help="only these apps, by folder name (extract)")
    args = parser.parse_args()
    verb = args.verb
    try:
        if verb == "extract":
            for path, waiting in extract(names=args.app).items():
                print(f"{path}: {waiting} without English" if waiting else f"{path}: complete")
            return 0
        if verb == "compile":
            for path in compile_all():
                print(path)
            return 0
        problems = check()
    except PoError as error:
        problems = [str(error)]
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
