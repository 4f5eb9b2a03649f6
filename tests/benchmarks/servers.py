"""The servers that `make bench` measures side by side: the portal, nginx, a bare Django view and a Wagtail site."""

import gzip
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.production_server import free_port, is_ready

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(sys.executable).parent
GRANIAN = ["--interface=wsgi", "--no-ws", "--blocking-threads=4"]  # as in `make run`

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    gzip_static on;
    client_body_temp_path {folder}/body;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; keepalive_requests 1000000; }}
}}
"""

BARE_DJANGO = """
from pathlib import Path
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import path
import django

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="benchmark", MIDDLEWARE=[])
django.setup()
BODY = Path(__file__).with_name("page.html").read_bytes()
urlpatterns = [path("", lambda request: HttpResponse(BODY))]
application = WSGIHandler()
"""

WAGTAIL_MODEL = """

class TextPage(Page):
    body = RichTextField()
"""
WAGTAIL_TEMPLATE = """{% extends "base.html" %}{% load wagtailcore_tags %}
{% block content %}<h1>{{ page.title }}</h1>{{ page.body|richtext }}{% endblock %}
"""
WAGTAIL_SETTINGS = 'from .base import *\nSECRET_KEY = "benchmark"\nALLOWED_HOSTS = ["*"]\n'
WAGTAIL_PAGE = """
import sys
from home.models import HomePage, TextPage
HomePage.objects.get().add_child(instance=TextPage(title="Strategi", slug="strategi", body=open(sys.argv[-1]).read()))
"""


@contextmanager
def running(command, address, log, *, cwd=ROOT, env=None):
    """Run a server, wait for its first answer, and yield the process. Its output goes to the file `log`."""
    with open(log, "ab") as output:
        server = subprocess.Popen(
            command, cwd=cwd, env=os.environ | (env or {}), stdout=output, stderr=output, start_new_session=True
        )
    try:
        if not is_ready(address, server):
            raise RuntimeError(f"{address} does not answer: see {log}")
        yield server
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


@contextmanager
def portal(var, environment):
    """Run the portal as `make run` does; yield its address and process."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [PROGRAMS / "granian", *GRANIAN, f"--port={port}", "udsat.wsgi:application"]
    with running(command, f"{address}/healthz/live", var / "server.log", env=environment | {"SITE_URL": address}) as it:
        yield address, it


@contextmanager
def nginx(folder, pages):
    """Serve the contents, bytes by file name, as files with a compressed copy beside each; yield the address."""
    files = folder / "files"
    files.mkdir(parents=True)
    for name, content in pages.items():
        (files / name).write_bytes(content)
        if name.endswith(".html"):
            (files / f"{name}.gz").write_bytes(gzip.compress(content, 9))
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    folder.chmod(0o755)
    address = f"http://127.0.0.1:{port}"
    with running(["nginx", "-c", folder / "nginx.conf"], address, folder / "log.txt"):
        yield address


@contextmanager
def bare_django(folder, page):
    """Serve the page by a view without middleware, templates or database; yield the address."""
    folder.mkdir()
    (folder / "bare.py").write_text(BARE_DJANGO)
    (folder / "page.html").write_bytes(page)
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = [PROGRAMS / "granian", *GRANIAN, f"--port={port}", "bare:application"]
    with running(command, address, folder / "log.txt", cwd=folder):
        yield address


@contextmanager
def wagtail_site(folder, rich_text):
    """Serve the text as a page of a site made by `wagtail start`, in an environment of its own; yield its address."""
    uv = max((ROOT / ".uv").glob("*/bin/uv"))
    environment = folder.parent / "wagtail-env"
    if not environment.exists():
        subprocess.run([uv, "venv", "--quiet", environment], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", environment, "wagtail", "granian"], check=True)
    folder.mkdir()
    subprocess.run([environment / "bin/wagtail", "start", "peer", folder], stdout=subprocess.DEVNULL, check=True)
    models, text = folder / "home/models.py", folder / "text.html"
    source = models.read_text() + WAGTAIL_MODEL
    models.write_text(f"from wagtail.fields import RichTextField\n{source}")
    (folder / "home/templates/home/text_page.html").write_text(WAGTAIL_TEMPLATE)
    (folder / "peer/settings/bench.py").write_text(WAGTAIL_SETTINGS)
    text.write_text(rich_text)
    settings = {"DJANGO_SETTINGS_MODULE": "peer.settings.bench"}
    manage = [environment / "bin/python", "manage.py"]
    for arguments in (
        ["makemigrations", "home", "--verbosity=0"],
        ["migrate", "--verbosity=0"],
        ["collectstatic", "--noinput", "--verbosity=0"],
        ["shell", "--no-imports", "--command", WAGTAIL_PAGE.replace("sys.argv[-1]", repr(str(text)))],
    ):
        subprocess.run([*manage, *arguments], cwd=folder, env=os.environ | settings, check=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}/strategi/"
    command = [environment / "bin/granian", *GRANIAN, f"--port={port}", "peer.wsgi:application"]
    with running(command, address, folder / "log.txt", cwd=folder, env=settings):
        yield address


def memory(server):
    """Return the resident memory of a server's largest process, in MB."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in [str(server.pid), *children]]
    return max(int(status.partition("VmRSS:")[2].split()[0]) for status in statuses) / 1024
