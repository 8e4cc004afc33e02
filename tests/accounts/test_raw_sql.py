"""What the database refuses whoever is signed in, when the program above it is asked nothing: abuse by plain SQL.

Each line is one deed, tried by one of the cast with the rights of the web role; "refused" is an error of the database,
"nothing" is no row touched.
"""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from tests.cast import scene as scenes
from yifang.apps.accounts.viewers import enter, visitor

pytestmark = pytest.mark.django_db

REFUSED, NOTHING, DONE = "refused", "nothing", "done"
HERS = "clinician"

_SHOW = (
    'INSERT INTO accounts_visibility (scope, kind, subject, person, day, disease, "group", level, reason, until) '
    "VALUES ({scope}, '{kind}', {subject}, {person}, current_date, '', 'ordinary', 2, '{reason}', {until})"
)
_LEDGER = (
    "INSERT INTO ledger_entry (stream, at, xid, kind, subject_kind, subject, actor, role, purpose, scopes, fields, "
    "facts, digest) VALUES ('change', now(), {xid}, 'card.audited', 'card', NULL, {actor}, '{role}', '', '{{}}', "
    "'{{}}', '{{}}', '')"
)
_GLASS = (
    "INSERT INTO accounts_breakglass (id, user_id, seat_id, person, owner_scope, told, reason, note, opened_at, until, "
    "state) VALUES (gen_random_uuid(), {user}, {seat}, {person}, 'x', '{{}}', '抢救', 'x', now(), now() + {hours}, "
    "'{state}')"
)
_DESK = (
    "INSERT INTO work_desk (item_id, scope, role, open, due_at, since, escalated) "
    "VALUES ({errand}, {my_place}, '{my_role}', true, now(), now(), false)"
)


def show(subject: str, *, scope: str = "{me_scope}", kind: str = "case", person: str = "NULL", reason: str = "case",
         until: str = "NULL") -> str:  # fmt: skip
    return _SHOW.format(scope=scope, kind=kind, subject=subject, person=person, reason=reason, until=until)


def ledger(actor: str = "{me}", role: str = "{my_role}", xid: str = "yf_xid()") -> str:
    return _LEDGER.format(actor=actor, role=role, xid=xid)


def glass(user: str = "{me}", hours: str = "interval '3 hours'", state: str = "open") -> str:
    return _GLASS.format(user=user, seat="{seat}", person="{hiv.person}", hours=hours, state=state)


DEEDS = [
    # accounts
    ("my own password", HERS, "UPDATE accounts_user SET password = 'x' WHERE id = {me}", DONE),
    ("another's password", HERS, "UPDATE accounts_user SET password = 'x' WHERE id = {colleague}", NOTHING),
    ("becoming a superuser", HERS, "UPDATE accounts_user SET is_superuser = true WHERE id = {me}", REFUSED),
    ("letting an account in again", HERS, "UPDATE accounts_user SET is_active = true WHERE id = {me}", REFUSED),
    ("another name", HERS, "UPDATE accounts_user SET username = 'x' WHERE id = {me}", REFUSED),
    ("opening an account", HERS, "INSERT INTO accounts_user (username) VALUES ('x')", REFUSED),
    ("another seat", HERS, "UPDATE accounts_seat SET role = 'epidemiologist' WHERE user_id = {me}", REFUSED),
    ("a group's rights", HERS, "INSERT INTO auth_group (name) VALUES ('x')", REFUSED),
    ("a visitor's change", "visitor", "UPDATE accounts_user SET password = 'x' WHERE id = {colleague}", NOTHING),
    # visibility
    ("seeing a case", HERS, show("{hiv.case}"), REFUSED),
    ("seeing a card of another", "other_hospital", show("{hiv.card}", kind="card", reason="hospital"), REFUSED),
    ("seeing a person", "other_hospital", show("{hiv.person}", kind="person", person="{hiv.person}"), REFUSED),
    ("seeing a person by a card of one's own making", "other_hospital",
     show("gen_random_uuid()", kind="card", person="{hiv.person}", reason="hospital"), REFUSED),
    ("a glass that was not broken", "other_hospital",
     show("{hiv.person}", kind="person", person="{hiv.person}", reason="glass:1"), REFUSED),
    ("a glass broken over another", HERS,
     show("{hiv.person}", scope="{me_user}", kind="person", person="{hiv.person}", reason="{glass_reason}",
          until="(SELECT until FROM accounts_breakglass)"), REFUSED),
    ("a glass for a colleague", HERS,
     show("{pupil.person}", scope="{colleague_user}", kind="person", person="{pupil.person}",
          reason="{glass_reason}", until="(SELECT until FROM accounts_breakglass)"), REFUSED),
    ("a glass for ever", HERS,
     show("{pupil.person}", scope="{me_user}", kind="person", person="{pupil.person}", reason="{glass_reason}"),
     REFUSED),
    ("a card seen, shown on", HERS,
     show("{hiv.card}", scope="'area:310112'", kind="card", reason="report_area2"), DONE),
    ("a new card", HERS, show("gen_random_uuid()", kind="card", reason="hospital"), DONE),
    ("taking a row away", HERS, "UPDATE accounts_visibility SET until = now()", REFUSED),
    ("removing a row", HERS, "DELETE FROM accounts_visibility", REFUSED),
    # break-glass
    ("a glass", HERS, glass(), DONE),
    ("a glass by one who may not", "hospital_desk", glass(), REFUSED),
    ("a glass in another's name", HERS, glass(user="{colleague}"), REFUSED),
    ("a glass for a week", HERS, glass(hours="interval '7 days'"), REFUSED),
    ("a glass approved already", HERS, glass(state="approved"), REFUSED),
    ("approving one's own", HERS,
     "UPDATE accounts_breakglass SET state = 'approved', answered_by_id = {colleague}", REFUSED),
    ("a longer glass", HERS, "UPDATE accounts_breakglass SET until = now() + interval '9 days'", REFUSED),
    ("another reason", "hospital_desk", "UPDATE accounts_breakglass SET note = ''", REFUSED),
    ("answering in another's name", "hospital_desk",
     "UPDATE accounts_breakglass SET state = 'approved', answered_by_id = {colleague}", REFUSED),
    ("answering", "hospital_desk", "UPDATE accounts_breakglass SET state = 'approved', answered_by_id = {me}", DONE),
    ("another hospital's", "other_hospital_desk",
     "UPDATE accounts_breakglass SET state = 'approved', answered_by_id = {me}", NOTHING),
    # the ledger
    ("an entry", HERS, ledger(), DONE),
    ("an entry of another", HERS, ledger(actor="{colleague}"), REFUSED),
    ("an entry of the node", HERS, ledger(actor="NULL", role="node"), REFUSED),
    ("an entry of another role", HERS, ledger(role="epidemiologist"), REFUSED),
    ("an entry dated back", HERS, ledger(xid="1"), REFUSED),
    ("an entry to come", HERS, ledger(xid="yf_xid() + 1000000"), REFUSED),
    ("a changed entry", "auditor", "UPDATE ledger_entry SET actor = 1", REFUSED),
    ("a removed entry", "auditor", "DELETE FROM ledger_entry", REFUSED),
    ("a seal", "administrator", "DELETE FROM ledger_seal", REFUSED),
    # work
    ("a desk at another's item", "hospital_desk", _DESK, REFUSED),
    ("another desk at one's own", "grid_worker", _DESK.replace("{my_place}", "'org:x'"), DONE),
    ("an item ended in advance", HERS,
     "INSERT INTO work_workitem (id, kind, subject_kind, subject, title, title_en, state, urgent, starts_at, due_at, "
     "rung, outcome, proof, unattended) VALUES (gen_random_uuid(), 'card_audit', 'card', {hiv.card}, '', '', 'done', "
     "false, now(), now(), 0, '', '', false)", REFUSED),
    # who may be one person
    ("saying that two are one", "hospital_desk",
     "UPDATE records_personpair SET state = 'same', answered_by_id = {me} WHERE id = {alike}", DONE),
    ("saying it in another's name", "hospital_desk",
     "UPDATE records_personpair SET state = 'same', answered_by_id = {colleague} WHERE id = {alike}", REFUSED),
    ("saying it without the right", HERS, "UPDATE records_personpair SET state = 'same' WHERE id = {alike}", NOTHING),
    ("of a person out of sight", "residence_epidemiologist", "UPDATE records_personpair SET state = 'same'", NOTHING),
    ("another evidence", "hospital_desk", "UPDATE records_personpair SET evidence = '{{}}'", REFUSED),
    ("a pair of one's own", "hospital_desk", "INSERT INTO records_personpair (id) VALUES ({alike})", REFUSED),
    ("merging by hand", "epidemiologist",
     "UPDATE records_person SET merged_into_id = {child.person} WHERE id = {pupil.person}", REFUSED),
    ("keys of persons", "epidemiologist", "DELETE FROM records_personkey", REFUSED),
    ("a merge undone by hand", "epidemiologist", "UPDATE records_personmerge SET undone_at = now()", REFUSED),
    # lists, places, what belongs to the libraries
    ("another's shared view", "residence_epidemiologist", "UPDATE reporting_savedview SET query = ''", NOTHING),
    ("giving one's view away", "epidemiologist", "UPDATE reporting_savedview SET user_id = {colleague}", REFUSED),
    ("a suspicion of one's own", HERS,
     "INSERT INTO reporting_suspicion (id) VALUES (gen_random_uuid())", REFUSED),
    ("an organisation", "hospital_desk", "UPDATE places_organisation SET name = 'x'", REFUSED),
    ("a match by one who may not", HERS, "UPDATE places_placematch SET state = 'none'", NOTHING),
    ("another hospital's match", "other_hospital_desk", "UPDATE places_placematch SET state = 'none'", NOTHING),
    ("another text for a match", "hospital_desk", "UPDATE places_placematch SET text = 'x'", REFUSED),
    ("a job of the queue", HERS, "UPDATE procrastinate_jobs SET args = '{{}}'", REFUSED),
    ("a migration skipped", HERS, "DELETE FROM django_migrations", REFUSED),
]  # fmt: skip


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker):  # type: ignore[no-untyped-def]
    with django_db_blocker.unblock(), transaction.atomic():
        yield scenes.scene()
        transaction.set_rollback(True)


def words(scene: scenes.Scene, who: str) -> dict[str, str]:
    """What the placeholders of a deed stand for."""
    names = {name: f"'{one}'" for name, one in scene.ids.items()}
    for story, told in scene.stories.items():
        names |= {f"{story}.{kind}": f"'{one}'" for kind, one in told.ids.items()}
    viewer = visitor(scene.users["clinician"].pk) if who == "visitor" else scene.viewer(who)
    return names | {
        "me": str(viewer.user_id), "colleague": str(scene.users["colleague"].pk), "my_role": viewer.role,
        "me_scope": f"'{viewer.scopes[-1]}'", "my_place": f"'{viewer.scopes[-1]}'",
        "me_user": f"'user:{viewer.user_id}'",
        "colleague_user": f"'user:{scene.users['colleague'].pk}'", "seat": f"'{viewer.seat_id}'",
        "glass_reason": f"glass:{scene.ids['glass'].hex[-16:]}",
    }  # fmt: skip


@pytest.mark.parametrize(("who", "deed", "expected"), [deed[1:] for deed in DEEDS], ids=[deed[0] for deed in DEEDS])
def test_by_plain_sql(scene: scenes.Scene, who: str, deed: str, expected: str) -> None:
    said = deed.replace("{{}}", "{}")
    for name, value in words(scene, who).items():
        said = said.replace("{" + name + "}", value)
    viewer = visitor(scene.users["clinician"].pk) if who == "visitor" else scene.viewer(who)
    outcome = ""
    with transaction.atomic():
        try:
            with enter(viewer), connection.cursor() as cursor:
                cursor.execute(said)
                outcome = DONE if cursor.rowcount else NOTHING
        except ProgrammingError as refusal:
            said_why = str(refusal)
            outcome = REFUSED if "permission denied" in said_why or "row-level security" in said_why else said_why
        except DatabaseError as broken:
            raise AssertionError(said) from broken
        transaction.set_rollback(True)
    assert outcome == expected


def test_a_change_of_every_account_reaches_ones_own_only(scene: scenes.Scene) -> None:
    with transaction.atomic():
        with enter(scene.viewer(HERS)), connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET password = 'changed'")
            assert cursor.rowcount == 1
        transaction.set_rollback(True)
