"""The rules of identification in plain words and their change; what later results ask to be corrected."""

from django.urls import path

from yifang.apps.reporting.views import followups, rules, rulesets

urlpatterns = [
    path("follow-ups/", followups.followups, name="followups"),
    path("follow-ups/<uuid:card_id>/keep", followups.keep, name="followup_keep"),
    path("rules/", rules.index, name="rules"),
    path("rules/fired", rules.fired, name="rules_fired"),
    path("rules/disease/<str:disease_id>", rules.disease, name="rules_disease"),
    path("rules/rule/<str:rule_id>", rules.rule, name="rule"),
    path("rules/versions/", rulesets.rulesets, name="rulesets"),
    path("rules/versions/<uuid:ruleset_id>", rulesets.ruleset, name="ruleset"),
    path("rules/versions/<uuid:ruleset_id>/<str:verb>", rulesets.step, name="ruleset_step"),
    path("rules/trials/<uuid:trial_id>", rulesets.trial, name="trial"),
]
