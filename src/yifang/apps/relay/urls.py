"""The state of the links, and the door for lower nodes. To be included at the root."""

from django.urls import path

from yifang.apps.relay import door

app_name = "relay"
urlpatterns = [
    path("api/v1/relay", door.exchange, name="exchange"),  # for machines: `MachineMiddleware` calls it with no session
]
