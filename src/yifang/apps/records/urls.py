"""People and records. To be included at the root."""

from django.urls import path

from yifang.apps.records import views, views_pairs, views_registers

app_name = "records"
urlpatterns = [
    path("persons/pairs/", views_pairs.queue, name="pairs"),
    path("persons/pairs/<uuid:pair_id>/", views_pairs.pair, name="pair"),
    path("persons/pairs/<uuid:pair_id>/answer", views_pairs.answer, name="pair_answer"),
    path("persons/pairs/<uuid:pair_id>/identity", views_pairs.identity, name="pair_identity"),
    path("registers/", views_registers.registers, name="registers"),
    path("registers/export", views_registers.export, name="register_export"),
    path("persons/<uuid:person_id>", views.person, name="person"),
    path("persons/<uuid:person_id>/identity", views.identity, name="identity"),
    path("persons/<uuid:person_id>/conflict", views.conflict, name="conflict"),
    path("records/<uuid:record_id>", views.record, name="record"),
]
