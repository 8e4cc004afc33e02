"""The window of the doctor's workstation, and the desk's page of the hospital's systems. To be included at the root."""

from django.urls import path

from yifang.apps.workstation import api, cdshooks, pages
from yifang.apps.workstation.views import window

app_name = "workstation"
urlpatterns = [
    path("w/", window.follow, name="follow_posted"),
    path("w/<str:link>", window.follow, name="follow"),
    path("window/", window.window, name="window"),
    path("window/later", window.later, name="later"),
    path("window/reminders/<uuid:reminder_id>/close", window.close_reminder, name="close_reminder"),
    path("window/<uuid:suspicion_id>/fields", window.fields, name="fields"),
    path("window/<uuid:suspicion_id>/places", window.places, name="places"),
    path("window/<uuid:suspicion_id>/report", window.report, name="report"),
    path("window/<uuid:suspicion_id>/dismiss", window.dismiss, name="dismiss"),
    path("window/<uuid:suspicion_id>/consult", window.consult, name="consult"),
    path("workstation/", pages.systems, name="systems"),
    path("workstation/front-end", pages.front_end_state, name="front_end"),
    path("workstation/reminders", pages.reminders, name="reminders"),
    path("workstation/strangers/<uuid:stranger_id>/settle", pages.settle, name="settle"),
    # for machines: `accounts.middleware.MachineMiddleware` calls these with no session
    path("api/v1/window", api.exchange, name="api_window"),
    path("cds-services", cdshooks.discovery, name="cds_discovery"),
    path("cds-services/<str:service>", cdshooks.ask, name="cds_ask"),
    path("cds-services/<str:service>/feedback", cdshooks.feedback, name="cds_feedback"),
]
