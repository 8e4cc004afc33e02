"""Suspicions, cards and cases follow the visibility rows; versions and duplicates follow their card."""

from yifang.apps.accounts.roles import ROLES, may
from yifang.kernel.row_security import CASE_GROUPS, COUNT_GROUPS, ORGANISATIONS, ROLE, SCOPES, USER, Table, inside, seen

# An order is known to whoever made it, above and below in its area, and to the units that it asks.
_ORDERED = (
    f"{inside('area')} OR EXISTS (SELECT 1 FROM reporting_zeroorder_units u "
    f"WHERE u.zeroorder_id = reporting_zeroorder.id AND u.organisation_id = ANY ({ORGANISATIONS}))"
)
_ASKED = f"(SELECT bool_or(s LIKE 'area:%') FROM unnest({SCOPES}) s)"  # who looks from an area
# An audit belongs to the hospital and to the areas above it: they see lines and numbers, never records or doctors.
_OWN_OR_AREA = f"organisation_id = ANY ({ORGANISATIONS}) OR {inside('area')}"

_MANAGERS = ", ".join(sorted(f"'{key}'" for key in ROLES if may(key, "trial.manage")))
_TRIES = f"('org:' || organisation_id) = ANY ({SCOPES}) OR {ROLE} IN ({_MANAGERS})"

# A picture holds identity: its unit sees it, and whoever sees the card that was made from it.
_SCANNED = f"organisation_id = ANY ({ORGANISATIONS}) OR {seen('reporting_scan.card_id')}"

TABLES = [
    Table(
        "reporting_scan",
        may="SELECT, INSERT, UPDATE",
        rows=f"made_by_id = {USER} OR {_SCANNED}",
        added=f"made_by_id = {USER}",
    ),
    Table("reporting_suspicion", may="SELECT, UPDATE", rows=seen("reporting_suspicion.id")),
    Table(
        "reporting_interruption",
        may="SELECT, INSERT, UPDATE (state, shown_at, shown_to_id, shown_in, lead_id)",
        rows=seen("reporting_interruption.lead_id"),
    ),
    # Rules are about nobody; what a trial would change is seen with the record, and the disease by its group.
    Table("reporting_ruleset", may="SELECT, INSERT, UPDATE"),
    Table("reporting_trial", may="SELECT, INSERT"),
    Table(
        "reporting_trialchange",
        rows=f'{seen("reporting_trialchange.record_id")} AND "group" = ANY ({CASE_GROUPS})',
    ),
    Table("reporting_card", may="SELECT, INSERT, UPDATE", rows=seen("reporting_card.id")),
    Table("reporting_cardversion", may="SELECT, INSERT", rows=seen("reporting_cardversion.card_id")),
    Table("reporting_revision", may="SELECT, INSERT, UPDATE", rows=seen("reporting_revision.card_id")),
    Table("reporting_cardquality", rows=seen("reporting_cardquality.card_id")),
    Table(
        "reporting_qualitytally",
        rows=f'({inside("area")} OR organisation_id = ANY ({ORGANISATIONS})) AND "group" = ANY ({COUNT_GROUPS})',
    ),
    Table(
        "reporting_zeroorder", may="SELECT, INSERT, UPDATE", rows=_ORDERED, added=inside("area"), changes=inside("area")
    ),
    Table(
        "reporting_zeroorder_units", may="SELECT, INSERT", rows=f"organisation_id = ANY ({ORGANISATIONS}) OR {_ASKED}"
    ),
    Table(
        "reporting_zeroreport",
        may="SELECT, UPDATE",
        rows=f"organisation_id = ANY ({ORGANISATIONS}) OR {inside('area')}",
    ),
    Table("reporting_registerentry", may="SELECT, INSERT, UPDATE", rows=seen("reporting_registerentry.card_id")),
    Table("reporting_said", may="SELECT, INSERT", rows=seen("reporting_said.card_id")),
    Table("reporting_reconciliation", may="SELECT, INSERT, UPDATE", rows=f"made_by_id = {USER}"),
    Table("reporting_clinicsign", rows="false"),  # counted in jobs only
    Table("reporting_cardkey", rows="false"),  # found and compared in jobs only
    Table("reporting_case", rows=seen("reporting_case.id")),
    # Seen from the two areas it belongs to and by whoever reported it: it may have no case.
    Table(
        "reporting_nationalcard",
        rows=(
            f"({inside('residence_area')} OR {inside('report_area')} OR organisation_id = ANY ({ORGANISATIONS})) "
            f'AND "group" = ANY ({CASE_GROUPS})'
        ),
    ),
    Table(
        "reporting_duplicate",
        may="SELECT, UPDATE",
        rows=f"{seen('reporting_duplicate.earlier_id')} AND {seen('reporting_duplicate.later_id')}",
    ),
    # That a hospital tries quietly every page of it must know; its own desk may say so, and the node's administrator.
    Table(
        "reporting_quiettrial",
        may="SELECT, INSERT, UPDATE (until, ended_at, ended_by_id)",
        rows="true",
        added=_TRIES,
        changes=_TRIES,
    ),
    Table("reporting_reading", rows="false"),  # read in jobs only
    Table("reporting_auditrun", rows=_OWN_OR_AREA, may="SELECT"),
    Table(
        "reporting_auditline",
        may="SELECT, UPDATE (answer, why, answered_by_id, answered_at, card_id)",
        rows=f'({_OWN_OR_AREA}) AND "group" = ANY ({CASE_GROUPS})',
        changes=f'organisation_id = ANY ({ORGANISATIONS}) AND "group" = ANY ({CASE_GROUPS})',
    ),
    Table(
        "reporting_auditsample",
        may="SELECT, INSERT, UPDATE (strata)",
        rows=_OWN_OR_AREA,
        added=f"organisation_id = ANY ({ORGANISATIONS})",
        changes=f"organisation_id = ANY ({ORGANISATIONS})",
    ),
    Table(
        "reporting_auditsampleitem",
        may="SELECT, INSERT, UPDATE (found, disease, note, reviewed_by_id, reviewed_at)",
        rows=f"organisation_id = ANY ({ORGANISATIONS})",
    ),
    Table(
        "reporting_abnormalresult",
        may="SELECT, UPDATE (state, reason, card_id, confirmed_at, confirmed_by_id)",
        rows=(
            f'(organisation_id = ANY ({ORGANISATIONS}) AND "group" = ANY ({CASE_GROUPS})) '
            f"OR {seen('reporting_abnormalresult.suspicion_id')}"
        ),
    ),
    Table(
        "reporting_savedview",
        may="SELECT, INSERT, UPDATE, DELETE",
        rows=f"user_id = {USER} OR (shared_role = {ROLE} AND shared_scope = ANY ({SCOPES}))",
        added=f"user_id = {USER}",
        changes=f"user_id = {USER}",  # a shared view is offered, not given away
    ),
]
