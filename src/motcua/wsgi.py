"""Pages and API: `granian --interface wsgi motcua.wsgi:application`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from motcua.platform.supervise import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.settings")
application = get_wsgi_application()
die_with_parent()
