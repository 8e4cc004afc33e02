from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Areas, organisations and the places inside them."""

    name = "yifang.apps.places"
    label = "places"
