"""The state of the links, and the door for lower nodes. To be included at the root."""

from django.urls import path

from yifang.apps.relay import door, views

app_name = "relay"
urlpatterns = [
    path("relay/", views.links, name="links"),
    path("relay/conflict/<uuid:conflict_id>", views.see, name="see"),
    path("relay/<uuid:peer_id>/<str:tab>", views.link, name="link"),
    path("api/v1/relay", door.exchange, name="exchange"),  # for machines: `MachineMiddleware` calls it with no session
]
