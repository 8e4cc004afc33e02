"""The intake's verbs: batches through a feed, and the quarantine of what could not be read.

Reading bytes is `yifang.formats`; what a record becomes is `records.services`. Here is only the counting: nothing that
arrives is lost, nothing is taken twice, whatever is killed meanwhile.
"""

from yifang.apps.intake.services.batches import Progress, open_batch, take, take_bytes, take_path, take_unopened
from yifang.apps.intake.services.feeds import (
    active_feeds,
    add_feed,
    default_feed,
    feed_by_code,
    folder_of,
    move_feed,
    set_active,
    set_cadence,
    set_senders,
)
from yifang.apps.intake.services.keys import check_key, make_key, read_key, revoke_key
from yifang.apps.intake.services.posted import MOST, Posted, take_posted
from yifang.apps.intake.services.quarantine import discard, mend, open_original, reopen, replay
from yifang.apps.intake.services.uploads import upload
from yifang.apps.intake.services.wire import routes, take_messages

__all__ = [
    "MOST",
    "Posted",
    "Progress",
    "active_feeds",
    "add_feed",
    "check_key",
    "default_feed",
    "discard",
    "feed_by_code",
    "folder_of",
    "make_key",
    "mend",
    "move_feed",
    "open_batch",
    "open_original",
    "read_key",
    "reopen",
    "replay",
    "revoke_key",
    "routes",
    "set_active",
    "set_cadence",
    "set_senders",
    "take",
    "take_bytes",
    "take_messages",
    "take_path",
    "take_posted",
    "take_unopened",
    "upload",
]
