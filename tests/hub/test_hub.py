"""A class on a real JupyterHub, over its real HTTP interfaces, on loopback.

USERS students come at once.  All servers run under the account that runs the test; what
keeps real students apart, the permissions of files, is looked at from another account.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("jupyterhub")
psutil = pytest.importorskip("psutil")
requests = pytest.importorskip("requests")
websocket = pytest.importorskip("websocket")

pytestmark = pytest.mark.hub
ROOT = Path(__file__).resolve().parents[2]
COURSE, NAME = ROOT / "notebooks" / "assignments", "01_neuron"
COURSE_ID = "neural-network-from-scratch"
USERS = int(os.environ.get("USERS", 5))
NAMES = [f"student-{number:02d}" for number in range(1, USERS + 1)]
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it")
NOBODY = 65534
COLLECT = ("collect", "--from", "exchange")


class Student:
    """Somebody with a browser: logs in, waits for the server, and works on it."""

    def __init__(self, hub, name):
        self.hub, self.name, self.session = hub, name, requests.Session()
        self.session.headers["Connection"] = "close"

    def log_in(self):
        """Log in, start the server, and return how long it took to open JupyterLab."""
        began, hub = time.monotonic(), f"{self.hub.url}/hub"
        self.session.get(f"{hub}/login").raise_for_status()
        form = {"username": self.name, "password": self.hub.password}
        form["_xsrf"] = self.token("/hub/")
        said = self.session.post(f"{hub}/login?next=/hub/spawn", data=form, timeout=600)
        said.raise_for_status()
        while not self.model().get("ready"):
            assert time.monotonic() < began + 600, "the server did not start"
            time.sleep(1)
        assert "JupyterLab" in self.get("lab").text
        return time.monotonic() - began

    def token(self, path):
        return self.session.cookies.get("_xsrf", path=path)

    def model(self):
        """Return what the hub knows of the server."""
        headers = {"X-XSRFToken": self.token("/hub/")}
        url = f"{self.hub.url}/hub/api/users/{self.name}"
        user = self.session.get(url, headers=headers, timeout=60)
        return user.json()["servers"].get("", {}) if user.ok else {}

    def ask(self, how, path, **more):
        headers = {"X-XSRFToken": self.token(f"/user/{self.name}/") or ""}
        url = f"{self.hub.url}/user/{self.name}/{path}"
        said = self.session.request(how, url, headers=headers, timeout=600, **more)
        assert said.ok, f"{how} {path}: {said.status_code} {said.text[-500:]}"
        return said

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def assignments(self, action=None):
        """Do what a button of the Assignment List does; return what it then lists."""
        data = {"course_id": COURSE_ID, "assignment_id": NAME}
        if action:
            return self.ask("POST", f"assignments/{action}", data=data).json()
        return self.get("assignments", params=data).json()

    def pull(self):
        """Get the lessons by a link of nbgitpuller's."""
        what = {"repo": self.hub.lessons, "targetpath": "series", "branch": "students"}
        assert '"phase": "finished"' in self.get("git-pull/api", params=what).text

    def run(self, path, cells):
        """Run a notebook's first code cells in a kernel, and leave it running."""
        notebook = self.get(f"api/contents/{path}").json()["content"]
        kernel = self.ask("POST", "api/kernels", json={"name": "python3"}).json()["id"]
        cookies = {cookie.name: cookie.value for cookie in self.session.cookies}
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        url = f"{self.hub.url}/user/{self.name}/api/kernels/{kernel}/channels"
        line = websocket.create_connection(
            url.replace("http", "ws"), cookie=cookie, timeout=600
        )
        code = [x["source"] for x in notebook["cells"] if x["cell_type"] == "code"]
        for source in code[:cells]:
            number = uuid.uuid4().hex
            header = {"msg_id": number, "msg_type": "execute_request", "version": "5.3"}
            header |= {"session": number, "username": self.name}
            content = {"code": source, "silent": False}
            message = {"header": header, "content": content, "channel": "shell"}
            line.send(json.dumps(message | {"parent_header": {}, "metadata": {}}))
            said = {}
            while (
                said.get("msg_type") != "execute_reply"
                or said["parent_header"]["msg_id"] != number
            ):
                said = json.loads(line.recv())
            assert said["content"]["status"] == "ok", said["content"]
        line.close()

    def hand_in(self, solved=False):
        """Fetch, put the solution in the notebook's place if wished, and submit."""
        self.assignments("fetch")
        if solved:
            path = COURSE / "source" / NAME / f"{NAME}.ipynb"
            model = {"type": "notebook", "content": json.loads(path.read_text())}
            self.ask("PUT", f"api/contents/{NAME}/{NAME}.ipynb", json=model)
        return self.assignments("submit")

    def processes(self):
        """Return the server's processes, kernels included."""
        found = []
        for child in psutil.Process(self.hub.process.pid).children():
            if child.environ().get("JUPYTERHUB_USER") == self.name:
                found += [child, *child.children(recursive=True)]
        return found


class Hub:
    """A running JupyterHub, its folders, and the instructor's commands."""

    def __init__(self, folder):
        self.folder, self.password = folder, uuid.uuid4().hex
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.exchange = folder / "exchange"
        self.inbound = self.exchange / COURSE_ID / "inbound"
        self.course, self.lessons = folder / "course", f"file://{folder}/lessons"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
        self.environment = kept | {
            "HUB_TEST": str(folder),
            "HUB_TEST_PASSWORD": self.password,
            "HUB_PORT": str(port),
            "NBGRADER_EXCHANGE": str(self.exchange),
        }
        for place in ("source", "release"):
            what = COURSE / place / NAME
            shutil.copytree(what, self.course / place / NAME)
        settings = (COURSE / "nbgrader_config.py").read_text()
        settings += "\nc.ExchangeCollect.check_owner = False  # all are one account\n"
        (self.course / "nbgrader_config.py").write_text(settings)
        self.course.chmod(0o700)
        self.make_lessons()
        config = COURSE / "hub" / "jupyterhub_config.py"
        (folder / "state").mkdir(mode=0o700)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", config],
            cwd=folder / "state",
            env=self.environment,
            stdout=(folder / "log").open("w"),
            stderr=subprocess.STDOUT,
        )

    def make_lessons(self):
        """Make what students pull: a branch without the assignments."""
        lessons = self.folder / "lessons"
        lessons.mkdir()
        shutil.copy(ROOT / "notebooks" / "01_neuron.ipynb", lessons)
        self.git("init -q -b students", "add .", "commit -q -m Lessons")

    def git(self, *lines):
        who, where = "-c user.name=t -c user.email=t@localhost", self.folder / "lessons"
        for line in lines:
            command = ["git", *who.split(), *line.split()]
            subprocess.run(command, cwd=where, check=True)

    def wait(self):
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/hub/login", timeout=5).ok:
                    return
            time.sleep(0.2)
        raise RuntimeError((self.folder / "log").read_text())

    def do(self, module, *options):
        """Run a command of the instructor's; return what it prints."""
        command = [sys.executable, "-m", f"grading.{module}", NAME, *options]
        command += ["--course", self.course]
        done = subprocess.run(command, env=self.environment, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.decode()

    def close(self):
        """End the hub, which ends its proxy and servers."""
        if self.process.poll() is None:
            began = psutil.Process(self.process.pid).children(recursive=True)
            self.process.terminate()
            self.process.wait(60)
            for process in psutil.wait_procs(began, timeout=30)[1]:
                process.kill()


@pytest.fixture(scope="module")
def hub():
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    folder.chmod(0o711)  # so that only what lies in it keeps others out
    hub = Hub(folder)
    try:
        hub.do("exchange", "--hand-out")
        hub.wait()
        yield hub
    finally:
        hub.close()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def students(hub):
    """A class that came, ran ten cells and handed in at once; prints the figures."""
    students, barrier = [Student(hub, name) for name in NAMES], threading.Barrier(USERS)

    def come(student):
        barrier.wait()
        ready = student.log_in()
        student.pull()
        student.run("series/01_neuron.ipynb", cells=10)
        ran = time.monotonic()
        answer = student.hand_in(solved=student is students[0])
        assert answer["success"], answer
        return ready, time.monotonic() - ran

    with ThreadPoolExecutor(USERS) as pool:
        futures = [pool.submit(come, student) for student in students]
        failures = [str(future.exception()) for future in futures if future.exception()]
    memory = [sum(p.memory_full_info().pss for p in s.processes()) for s in students]
    home = [
        sum(f.lstat().st_size for f in (hub.folder / "home" / name).rglob("*"))
        for name in NAMES
    ]
    times = [future.result() for future in futures if not future.exception()]
    ready, handed = zip(*times, strict=True) if times else ([0], [0])
    for what, values in {
        "JupyterLab is open, s": ready,
        "fetch and submit, s": handed,
        "memory of server and kernel (PSS), MB": [x / 2**20 for x in memory],
        "disk of a home, MB": [x / 2**20 for x in home],
    }.items():
        print(f"{what}: median {statistics.median(values):.1f}, most {max(values):.1f}")
    print(f"{USERS} users, {len(failures)} failures {failures}")
    assert not failures
    return students


def test_a_class_comes_at_once(students, hub):
    assert len(list(hub.inbound.iterdir())) == USERS


def test_round_trip(students, hub):
    hub.do(*COLLECT)
    stamp = hub.course / "submitted" / NAMES[0] / NAME / "timestamp.txt"
    when = datetime.strptime(stamp.read_text()[:19], "%Y-%m-%d %H:%M:%S")
    assert datetime.now(UTC) - when.replace(tzinfo=UTC) < timedelta(hours=1)
    print(hub.do("grade"))
    assert f"Handed back {USERS} pages" in hub.do("exchange", "--hand-back")
    for student in students[:2]:
        student.assignments("fetch_feedback")
        (listed,) = student.assignments()["value"][1]["submissions"]
        page = student.get(f"files/{listed['local_feedback_path']}/{NAME}.html").text
        assert ("<b>23</b> of 27" in page) == (student is students[0])


def test_a_server_is_killed_while_it_hands_in(students, hub):
    student = students[1]
    before = (
        hub.course / "submitted" / student.name / NAME / "timestamp.txt"
    ).read_text()
    work = hub.folder / "home" / student.name / NAME
    for number in range(5000):
        (work / f"{number}.txt").write_text("some data")
    known, server = {*hub.inbound.iterdir()}, student.processes()[0]
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(student.assignments, "submit")
        until = time.monotonic() + 60
        while (
            not (new := {*hub.inbound.iterdir()} - known) and time.monotonic() < until
        ):
            time.sleep(0.01)
        server.kill()
        assert request.exception()
    (half,) = new
    assert len(list(half.iterdir())) < 5000
    assert f"{half.name}: left out, it was cut off" in hub.do(*COLLECT)
    now = hub.course / "submitted" / student.name / NAME
    assert (now / "timestamp.txt").read_text() == before
    assert not (now / "0.txt").exists()
    while student.model():  # the hub looks every half minute
        time.sleep(1)
    for file in work.glob("*.txt"):
        file.unlink()
    student.log_in()
    assert student.assignments("submit")["success"]
    hub.do(*COLLECT)
    assert (now / "timestamp.txt").read_text() > before


@ROOT_ONLY
def test_the_exchange_is_full(students, hub):
    student = students[-1]
    size = ["-t", "tmpfs", "-o", "size=16k,mode=733", "full"]
    subprocess.run(["mount", *size, hub.inbound], check=True)
    try:
        answer = student.assignments("submit")
        print(answer["value"][-200:])
        assert not answer["success"]
        assert "NOT handed in" in answer["value"]
        assert "No space left on device" in answer["value"]
        assert not list(hub.inbound.iterdir())
    finally:
        subprocess.run(["umount", hub.inbound], check=True)
    known = {*hub.inbound.iterdir()}
    assert student.assignments("submit")["success"]
    assert len({*hub.inbound.iterdir()} - known) == 1


@ROOT_ONLY
def test_what_another_account_can_read(students, hub):
    def nobody(*command):
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        done = subprocess.run(command, **as_nobody, capture_output=True)
        return done.stdout.decode() if done.returncode == 0 else None

    out = hub.exchange / COURSE_ID / "outbound" / NAME
    handed_out = nobody("cat", out / f"{NAME}.ipynb")
    assert "def " in handed_out
    assert "hidden=True" in (COURSE / "source" / NAME / f"{NAME}.ipynb").read_text()
    for word in ("hidden=True", "HIDDEN TESTS", "BEGIN SOLUTION", "MARK SCHEME"):
        assert word not in handed_out
    assert nobody("touch", out / "mine") is None
    for place in (hub.inbound, hub.exchange / COURSE_ID / "feedback", hub.course):
        assert list(place.iterdir())
        assert nobody("ls", place) is None
    for file in (
        hub.course / "gradebook.db",
        hub.folder / "state" / "jupyterhub.sqlite",
    ):
        assert file.exists()
        assert nobody("cat", file) is None


def test_lessons_change_in_mid_term(students, hub):
    student, lessons = students[0], hub.folder / "lessons"
    own = hub.folder / "home" / student.name / "series"
    (own / "01_neuron.ipynb").write_text("my work\n")
    (lessons / "02.txt").write_text("new\n")
    hub.git("add .", "commit -q -m More")
    student.pull()
    assert (own / "01_neuron.ipynb").read_text() == "my work\n"
    assert (own / "02.txt").read_text() == "new\n"
