from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

import pilotlight
from pilotlight.errors import LocalError
from pilotlight.tools.local.aws import running, serve

if TYPE_CHECKING:
    from tests.tools.local.conftest import Zipped

ECHO = """
    import base64

    def handler(event, context):
        body = event.get("body", "")
        binary = event["isBase64Encoded"]
        return {
            "statusCode": 200,
            "headers": {"content-type": event["headers"]["content-type"], "x-binary": binary,
                        "x-cookies": "|".join(event.get("cookies", [])),
                        "x-query": event.get("queryStringParameters", {}).get("q", "")},
            "cookies": ["seen=1"],
            "body": body,
            "isBase64Encoded": binary,
        }
"""


def test_text_and_binary_bodies_go_both_ways(zipped: Zipped) -> None:
    with running(zipped(ECHO)) as run:
        connection = http.client.HTTPConnection(str(urlsplit(run.url).netloc), timeout=20)
        for content_type, body, binary in (
            ("text/plain", "grüße".encode(), "false"),
            ("application/octet-stream", bytes(range(256)), "true"),
        ):
            headers = {"Content-Type": content_type, "Cookie": "a=1; b=2"}
            connection.request("POST", "/p?q=1&q=2", body, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            assert response.read() == body
            assert (found["x-binary"], found["x-cookies"], found["x-query"]) == (
                binary,
                "a=1|b=2",
                "1,2",
            )
            assert (found["content-type"], found["set-cookie"]) == (content_type, "seen=1")
        # As base64 it is over the 6 MB of an event, though not over the gateway's 10 MB.
        connection.request("POST", "/", bytes(5 << 20), {"Content-Type": "image/png"})
        assert connection.getresponse().status == 413
        connection.close()


def test_the_function_can_be_invoked_with_any_event(zipped: Zipped) -> None:
    with running(zipped("def handler(event, context): return len(event['Records'])\n")) as run:
        assert run.function.invoke(b'{"Records": [1, 2]}').payload == b"2"


def test_the_artifact_is_read_only_for_the_function(zipped: Zipped) -> None:
    handler = """
        import os, helper

        def handler(event, context):
            root = os.environ["LAMBDA_TASK_ROOT"]
            failures = []
            for path, mode in (("new", "w"), ("aws_lambda.py", "a")):
                try:
                    open(os.path.join(root, path), mode).close()
                except OSError as error:
                    failures.append(type(error).__name__)
            return {"failures": failures, "found": sorted(os.listdir(root)), "root": root}
    """
    with running(zipped(handler, {"helper.py": ""})) as run:
        found = json.loads(run.function.invoke(b"{}").payload)
    root = found.pop("root")
    assert found == {
        "failures": ["PermissionError", "PermissionError"],
        "found": ["aws_lambda.py", "helper.py"],  # and no __pycache__
    }
    assert not Path(root).exists()


def test_a_failed_import_is_shown_with_its_last_lines(zipped: Zipped) -> None:
    told: list[str] = []
    with running(zipped("print('before')\nimport not_there\n"), echo=told.append) as run:
        connection = http.client.HTTPConnection(str(urlsplit(run.url).netloc), timeout=20)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.status, response.read()) == (500, b'{"message":"Internal Server Error"}')
        connection.close()
    crash = next(text for text in told if "its last log lines:" in text).splitlines()
    cause = "Unable to import module 'aws_lambda': No module named 'not_there'"
    assert crash[0].endswith(f"crashed: {cause}")
    assert "  | before" in crash
    assert f"  | [ERROR] Runtime.ImportModuleError: {cause}" in crash


def test_nothing_is_left_open_afterwards(zipped: Zipped) -> None:
    artifact = zipped(ECHO)
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208
    with running(artifact) as run:
        connection = http.client.HTTPConnection(str(urlsplit(run.url).netloc), timeout=20)
        connection.request("GET", "/", headers={"Content-Type": "a/b"})
        assert connection.getresponse().read() == b""
    connection.close()
    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208
    assert threading.active_count() == threads


def test_a_port_in_use_leaves_nothing_behind(
    zipped: Zipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = zipped(ECHO)
    with running(artifact) as run:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        port = urlsplit(run.url).port or 0
        with pytest.raises(LocalError, match="it is in use"), running(artifact, port=port):
            pass
        assert list(temporary.iterdir()) == []
        monkeypatch.undo()


def test_serving_off_the_main_thread_is_refused(zipped: Zipped) -> None:
    artifact = zipped(ECHO)
    raised: list[LocalError] = []

    def run() -> None:
        try:
            serve(artifact, port=0, echo=lambda _: None)
        except LocalError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert str(raised[0]).startswith("aws: serve must be called on the main thread")


SERVE = """
import sys
from pathlib import Path
from pilotlight.tools.local.aws import serve

serve(Path(sys.argv[1]), port=0, echo=lambda text: print(text, flush=True))
"""


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_every_process_and_leaves_no_folder(
    zipped: Zipped, tmp_path: Path, number: signal.Signals, busy: bool
) -> None:
    handler = """
        import os, time

        def handler(event, context):
            print("pid", os.getpid(), flush=True)
            if event["rawPath"] == "/busy":
                time.sleep(60)
            return "fine"
    """
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    source = str(Path(pilotlight.__path__[0]).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(zipped(handler))],
        env={"PYTHONPATH": source, "PATH": os.environ["PATH"], "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        started = process.stdout.readline()
        assert started.startswith("artifact.zip: aws_lambda.handler, 128 MB, 3 s, on http://127.")
        url = next(word for word in started.split() if word.startswith("http://"))
        connection = http.client.HTTPConnection(str(urlsplit(url).netloc), timeout=20)
        connection.request("GET", "/busy" if busy else "/")
        if not busy:
            assert connection.getresponse().read() == b"fine"
        line = ""
        while not line.startswith("pid "):
            line = process.stdout.readline()
            assert line
        assert len(list(temporary.iterdir())) == 2
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        connection.close()
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (0, "")
    assert out.endswith("ended\n")
    assert not Path(f"/proc/{line.split()[1]}").exists()
    assert list(temporary.iterdir()) == []
