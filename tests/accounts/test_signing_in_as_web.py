"""Signing in, failing, changing the password and signing out with the rights of the web role alone, as a node's pages
have them before any viewer is known.
"""

import pytest
from django.db import connection
from django.test import Client

from tests import apps
from tests.cast.looking import become_web, stay_web, undone
from yifang.apps.accounts.models import User

PASSWORD, OTHER = "correct horse battery", "sunny autumn lake"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["clinician", "stranger"])  # the stranger holds no seat
def test_the_web_role_is_enough(name):
    county = apps.county(PASSWORD)
    client = Client()
    with undone(), connection.execute_wrapper(stay_web):
        become_web()
        assert client.post("/accounts/login/", {"login": name, "password": "wrong wrong wrong"}).status_code == 200
        assert client.post("/accounts/login/", {"login": name, "password": PASSWORD}).status_code == 302
        words = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
        assert client.post("/accounts/password/change/", words).status_code == 302
        assert client.get("/work/").status_code == (200 if name == "clinician" else 403)
        assert client.post("/accounts/logout/").status_code == 302
        assert client.post("/accounts/login/", {"login": name, "password": PASSWORD}).status_code == 200
        assert client.post("/accounts/login/", {"login": name, "password": OTHER}).status_code == 302
        user = User.objects.get(id=county.users[name].pk)
        assert user.last_login is not None
