"""A class on one Linux machine: JupyterHub, with a system account for each student.

README.md of the assignments, "On a hub", tells how to use it.  What differs from site
to site comes from the environment; jupyterhub.service reads /etc/jupyterhub.env:

HUB_TEACHERS     names, with spaces between them; they have Formgrader, and are admins
HUB_MEMORY       of a student's server with its kernels (1G)
HUB_PORT         on loopback (8000), behind a web server with a certificate; the hub
                 and its proxy also take this number plus 81 and plus 1
HUB_TEST         a folder: for `make hub-test` only, all servers under one account
"""

import grp
import os
import pwd
import secrets
import subprocess
import sys
from pathlib import Path

from tornado.web import HTTPError

HERE = Path(__file__).resolve().parent
ROOT, BIN = HERE.parents[2], Path(sys.prefix, "bin")
TEACHERS = {*os.environ.get("HUB_TEACHERS", "").split()}
PORT, TEST = int(os.environ.get("HUB_PORT", 8000)), os.environ.get("HUB_TEST")
PROXY = ROOT / "build" / "hub" / "node_modules" / ".bin" / "configurable-http-proxy"
GROUP = "hub"  # of all system accounts whose servers may be started

c = get_config()  # noqa: F821  (JupyterHub gives the name)


def account(spawner):
    """Make a student's system account at the first start; open no other account."""
    name = spawner.user.name
    make = ["useradd", "--create-home", "--key", "HOME_MODE=0700", "--groups", GROUP]
    try:
        known = pwd.getpwnam(name)
    except KeyError:
        subprocess.run([*make, "--shell", "/bin/bash", "--", name], check=True)
    else:
        groups = os.getgrouplist(name, known.pw_gid)
        if grp.getgrnam(GROUP).gr_gid not in groups:
            raise HTTPError(403, f"{name} is no account of the hub's")
    if name in TEACHERS:  # they grade
        spawner.mem_limit = spawner.cpu_limit = None


def settings(spawner):
    """Return the folder of a server's settings: a teacher's course, or hub/student."""
    name = spawner.user.name
    home = f"{TEST}/home/{name}" if TEST else os.path.expanduser(f"~{name}")
    teaches = name in TEACHERS
    return f"{home}/series/notebooks/assignments" if teaches else f"{HERE}/student"


c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 81}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.command = [str(PROXY)]
c.ConfigurableHTTPProxy.auth_token = secrets.token_hex(32)

# Whoever signs up waits until a teacher lets them in, at /hub/authorize.  With LTI the
# platform logs students in: install jupyterhub-ltiauthenticator, and instead of these
# lines write what its page says, beginning with
# c.JupyterHub.authenticator_class = "ltiauthenticator.lti13.auth.LTI13Authenticator".
c.JupyterHub.authenticator_class = "native"
c.NativeAuthenticator.check_common_password = True
c.NativeAuthenticator.minimum_password_length = 10
c.NativeAuthenticator.allowed_failed_logins = 5
c.Authenticator.allow_all = True  # of those whom a teacher let in
c.Authenticator.admin_users = TEACHERS
c.Authenticator.username_pattern = r"[a-z][a-z0-9-]{0,30}"

c.JupyterHub.spawner_class = "systemd"
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.isolate_devices = True
c.Spawner.pre_spawn_hook = account
c.Spawner.cmd = [str(BIN / "jupyterhub-singleuser")]
PATH = f"{BIN}:{os.environ['PATH']}"  # in terminals, and nbgrader calls alembic
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": settings, "PATH": PATH}
c.Spawner.default_url = "/lab"
c.Spawner.mem_limit = os.environ.get("HUB_MEMORY", "1G")
c.Spawner.cpu_limit = 1.0
c.Spawner.start_timeout = c.Spawner.http_timeout = 600  # a whole class at once

# Kernels without work end after half an hour, servers after an hour.
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=1800",
    "--MappingKernelManager.cull_interval=300",
]
SERVERS = ["read:servers", "delete:servers"]
c.JupyterHub.load_roles = [
    {
        "name": "culler",
        "scopes": ["list:users", "read:users:activity", *SERVERS],
        "services": ["culler"],
    }
]
CULL = [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]
c.JupyterHub.services = [{"name": "culler", "command": CULL}]

if TEST:
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = os.environ["HUB_TEST_PASSWORD"]
    c.SharedPasswordAuthenticator.admin_password = os.environ["HUB_TEST_PASSWORD"] * 2
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = f"{TEST}/home/{{username}}"
    c.Spawner.pre_spawn_hook = None
    c.Spawner.args += ["--allow-root"]
    c.Spawner.env_keep.extend(["NBGRADER_EXCHANGE"])
