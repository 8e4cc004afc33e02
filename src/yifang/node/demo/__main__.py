"""Print one sign-in for each role, then fill the node with the demo through the intake's folders, telling how far.

Started again it prints the sign-ins and leaves what is there. Where it may run: `guarding`.
"""

import sys

from yifang.node import guarding

MARK = "demo-state"  # in the data folder: `filling`, then `done`


def main() -> int:
    """The whole of it. Returns the exit code, 2 where the demo must not run."""
    stage = guarding.opened(MARK)
    if stage is None:
        return 2
    from yifang.node.demo import county

    stage.introduce(*county.make(stage.config.data))
    if stage.is_filling():
        _fill(stage)
    return 0


def _fill(stage: guarding.Stage) -> None:
    from yifang.kernel import clock
    from yifang.node.demo import acting, filling

    shown = [-1]

    def tell(done: int, files: int) -> None:
        tenth = done * 10 // max(files, 1)
        if tenth > shown[0]:
            shown[0] = tenth
            stage.say("demo.progress", done=done, files=files)

    started = clock.now()
    first, later = filling.waves(started)
    files = filling.put(first)
    if not filling.wait(files, started, tell):
        stage.say("demo.slow")
        return
    filling.wait(files + filling.put(later), started, tell)
    acting.settle()
    acting.audit()
    stage.say("demo.acting")
    acting.act()
    acting.settle()
    acting.audit()  # what the people reported since is missed no longer
    stage.filled("done")
    stage.say("demo.ready")


if __name__ == "__main__":
    sys.exit(main())
