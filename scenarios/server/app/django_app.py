# A whole Django application in one file: settings, middleware, URLs and a view, as django-admin would lay them out.
import json
import os
import time

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path

TIMES = json.loads(os.environ["WEIR_SERVICE_TIMES"])

settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret: nothing is signed with it",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def view(request):
    time.sleep(TIMES.get(request.path, TIMES["*"]))
    return HttpResponse("weir: ok\n", content_type="text/plain")


urlpatterns = [re_path(r"", view)]
app = get_wsgi_application()
