"""The node's settings as the tests need them.

The connection is the owner's and takes the web role's rights by SET ROLE; static files are served as they lie;
passwords are hashed fast.
"""

from yifang.node.settings import *  # noqa: F403
from yifang.node.settings import STORAGES

DATABASE_ASSUME_ROLE = True
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
