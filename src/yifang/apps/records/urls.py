"""People and records. To be included at the root."""

from django.urls import path

from yifang.apps.records import views

app_name = "records"
urlpatterns = [
    path("persons/<uuid:person_id>", views.person, name="person"),
    path("persons/<uuid:person_id>/identity", views.identity, name="identity"),
    path("persons/<uuid:person_id>/conflict", views.conflict, name="conflict"),
    path("records/<uuid:record_id>", views.record, name="record"),
]
