"""Every setting, as the one flat module that Django reads. Only `environment.py` reads variables; a
bad value stops the start and names its variable.

    environment.py  variables, or the files that `NAME_FILE` names
    folders.py      the data folder and the parts of the project
    keys.py         the account of the API, keys, the first admin
    addresses.py    ports, domains, https
    outgoing.py     hosts that requests may go to; Prometheus, spans, the audit webhook
    mail.py         the mail server
    ai.py           the host of Workers AI
    stores.py       database, Redis
    object_storage.py  the S3-compatible bucket
    limits.py       requests, uploads
    retention.py    how long rows stay
    sign_in.py      passwords, second factors, the pause after wrong passwords
    openid.py       the OpenID Connect provider
    sessions.py     sessions and cookies
    application.py  apps, middleware, templates
    responses.py    security headers, static files, messages
    processes.py    the parent process, logs
    test_only.py    faults on request, loopback as if public
"""

from dashboard.settings.addresses import *
from dashboard.settings.ai import *
from dashboard.settings.application import *
from dashboard.settings.folders import *
from dashboard.settings.keys import *
from dashboard.settings.limits import *
from dashboard.settings.mail import *
from dashboard.settings.object_storage import *
from dashboard.settings.openid import *
from dashboard.settings.outgoing import *
from dashboard.settings.processes import *
from dashboard.settings.responses import *
from dashboard.settings.retention import *
from dashboard.settings.sessions import *
from dashboard.settings.sign_in import *
from dashboard.settings.stores import *
from dashboard.settings.test_only import *
