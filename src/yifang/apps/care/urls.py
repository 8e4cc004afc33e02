"""Matters, whistles and clinics. To be included at the root."""

from django.urls import path

from yifang.apps.care.views import clinics, infections, matters, triage, whistle

app_name = "care"
urlpatterns = [
    path("matters/", matters.matters, name="matters"),
    path("matters/new/<slug:kind>", matters.new, name="new"),
    path("matters/<uuid:matter_id>", matters.matter, name="matter"),
    path("matters/<uuid:matter_id>/identity", matters.identity, name="identity"),
    path("matters/<uuid:matter_id>/minutes", matters.minutes, name="minutes"),
    path("matters/<uuid:matter_id>/unseal", whistle.unseal, name="unseal"),
    path("matters/<uuid:matter_id>/<slug:step>", matters.take, name="take"),
    path("clinics/fever", clinics.fever, name="fever"),
    path("clinics/enteric", clinics.enteric, name="enteric"),
    path("clinics/triage", clinics.reconcile, name="reconcile"),
    path("clinics/setup", infections.setups, name="setups"),
    path("infections/", infections.infections, name="infections"),
    path("sentinel/", infections.sentinel, name="sentinel"),
    path("triage/", triage.triage, name="triage"),
    path("whistle/", whistle.whistle, name="whistle"),
    path("whistle/follow", whistle.follow, name="follow"),
]
