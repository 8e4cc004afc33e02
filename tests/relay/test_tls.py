"""The relay over HTTPS: a certificate of an authority that nobody knows is refused with the mend, then believed."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from django.conf import settings
from django.test import override_settings

from tests.relay.nodes import Node
from tests.relay.tls import Authority, proxy
from yifang.apps.relay.models import Peer
from yifang.apps.relay.transport import https


@pytest.fixture
def address(tmp_path):
    """A proxy that ends TLS before a server that gives back what it was sent, and its authority."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200 if self.headers["X-Forwarded-Proto"] == "https" else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args) -> None:
            pass

    behind = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    authority = Authority(tmp_path)
    with proxy(authority.certificate("localhost"), behind.server_port) as port:
        yield authority, port
    behind.shutdown()
    behind.server_close()


def test_an_authority_of_ones_own_is_believed_once_its_certificate_lies_in_the_data_folder(address, tmp_path):
    authority, port = address
    data = tmp_path / "data"
    data.mkdir()
    with override_settings(YIFANG=replace(settings.YIFANG, data=data)):
        with pytest.raises(httpx.ConnectError, match="certificate"):
            https.post(f"https://localhost:{port}/", b"x")
        shutil.copy(authority.file, data / https.AUTHORITIES)
        assert https.post(f"https://localhost:{port}/", b"x") == (200, b"x")
        with pytest.raises(httpx.ConnectError, match="IP address mismatch"):  # not the name of the certificate
            https.post(f"https://127.0.0.1:{port}/", b"x")


@pytest.mark.django_db
def test_the_link_says_that_the_certificate_is_not_believed_and_what_helps(chain: list[Node], address):
    _, port = address
    hospital = chain[0]
    with hospital.on():
        Peer.objects.filter(side="up").update(url=f"https://localhost:{port}", next_try_at=None)
    hospital.turn(send=https.post)
    with hospital.on():
        peer = Peer.objects.get(side="up")
        assert (peer.error, peer.error_params["file"]) == ("relay.certificate", "relay-ca.pem")
