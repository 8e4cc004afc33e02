"""A matter is seen by its seats; its steps follow it. Who blew an anonymous whistle is seen by nobody.

Only a CDC lead who wrote down why sees it, for three hours. An anonymous reporter does not even see their own whistle
again, except by its code.
"""

from yifang.apps.accounts.roles import ROLES, may
from yifang.apps.forms.policies import seated
from yifang.kernel.row_security import ORGANISATIONS, ROLE, USER, Table

_SEES = "EXISTS (SELECT 1 FROM care_matter m WHERE m.id = {})"


def _roles(permission: str) -> str:
    return ", ".join(sorted(f"'{key}'" for key in ROLES if may(key, permission)))


FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION yf_new_matter(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT NOT EXISTS (SELECT 1 FROM care_step WHERE matter_id = wanted) $$;

CREATE OR REPLACE FUNCTION yf_may_step(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT yf_new_matter(wanted) OR EXISTS (SELECT 1 FROM care_matter WHERE id = wanted AND {seated("care_matter")}) $$;

CREATE OR REPLACE FUNCTION yf_follow_seats() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ BEGIN UPDATE forms_response SET seats = NEW.seats, "group" = NEW."group" WHERE subject = NEW.id; RETURN NULL; END $$;

CREATE OR REPLACE TRIGGER follow_seats AFTER UPDATE OF seats, "group" ON care_matter FOR EACH ROW
WHEN (NEW.seats <> OLD.seats OR NEW."group" <> OLD."group") EXECUTE FUNCTION yf_follow_seats();
"""

TABLES = [
    Table(
        "care_matter",
        may=(
            'SELECT, INSERT, UPDATE (state, waiting, outcome, closed_at, seats, department, disease, "group", '
            "masked_name, sex, age, name_key)"
        ),
        rows=seated("care_matter"),
        added=f"(opened_by_id IS NULL OR opened_by_id = {USER}) AND {ROLE} IN ('anonymous', {_roles('matter.open')})",
    ),
    Table(
        "care_step",
        may="SELECT, INSERT",
        rows=_SEES.format("care_step.matter_id"),
        added=f"(by_id IS NULL OR by_id = {USER}) AND yf_may_step(matter_id)",
    ),
    Table(
        "care_reporter",
        may="SELECT, INSERT",
        rows=(
            f"{ROLE} IN ({_roles('whistle.unseal')}) AND {_SEES.format('care_reporter.matter_id')} AND EXISTS "
            f"(SELECT 1 FROM care_unsealing u WHERE u.matter_id = care_reporter.matter_id AND u.by_id = {USER} "
            "AND u.until > now())"
        ),
        added="yf_new_matter(matter_id)",
    ),
    Table("care_visit", rows=f"organisation_id = ANY ({ORGANISATIONS}) AND {ROLE} IN ({_roles('clinic.reconcile')})"),
    Table(
        "care_unsealing",
        may="SELECT, INSERT",
        rows=_SEES.format("care_unsealing.matter_id"),
        added=(
            f"by_id = {USER} AND {ROLE} IN ({_roles('whistle.unseal')}) "
            f"AND until <= now() + interval '3 hours 5 minutes' AND {_SEES.format('care_unsealing.matter_id')}"
        ),
    ),
]
