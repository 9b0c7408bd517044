"""A class on a real JupyterHub, over its real HTTP interfaces, on loopback.

USERS students come at once.  Their servers all run under the tester's account.
"""

import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jupyter_client.session import Session

psutil = pytest.importorskip("psutil")
requests = pytest.importorskip("requests")
websocket = pytest.importorskip("websocket")

pytestmark = pytest.mark.hub
ROOT = Path(__file__).resolve().parents[2]
COURSE, COURSE_ID = ROOT / "notebooks/assignments", "neural-network-from-scratch"
NAME = "01_neuron"
SOLUTION = COURSE / "source" / NAME / f"{NAME}.ipynb"
USERS = int(os.environ.get("USERS", 5))
NAMES = [f"student-{number:02d}" for number in range(1, USERS + 1)]
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it")
COLLECT = ("collect", "--from", "exchange")


class Student:
    """Somebody with a browser: logs in, waits for the server, and works on it."""

    def __init__(self, hub, name):
        self.hub, self.name, self.session = hub, name, requests.Session()

    def log_in(self):
        """Log in, start the server, and return how long it took to open JupyterLab."""
        began = time.monotonic()
        self.request("GET", "/hub/", "login")
        password = self.hub.password * (2 if self.name == "teacher" else 1)
        form = {"username": self.name, "password": password}
        assert self.request("POST", "/hub/", "login?next=/hub/spawn", data=form).ok
        while not self.model().get("ready"):
            assert time.monotonic() < began + 1200, "the server did not start"
            time.sleep(1)
        assert "JupyterLab" in self.ask("GET", "lab").text
        return time.monotonic() - began

    def request(self, how, home, path, **more):
        more["headers"] = {"X-XSRFToken": self.session.cookies.get("_xsrf", path=home)}
        return self.session.request(how, f"{self.hub.url}{home}{path}", **more)

    def model(self):
        """Return what the hub knows of the server, {} if there is none."""
        user = self.request("GET", "/hub/", f"api/users/{self.name}")
        return user.json()["servers"].get("", {}) if user.ok else {}

    def ask(self, how, path, code=200, **more):
        said = self.request(how, f"/user/{self.name}/", path, **more)
        assert said.status_code in (code, code + 1), said.text[-500:]
        return said

    def press(self, action):
        """Do what a button of the Assignment List does; return what it then lists."""
        data = {"course_id": COURSE_ID, "assignment_id": NAME}
        return self.ask("POST", f"assignments/{action}", data=data).json()

    def pull(self):
        """Get the lessons by a link of nbgitpuller's."""
        what = {"repo": self.hub.lessons, "targetpath": "series", "branch": "students"}
        said = self.ask("GET", "git-pull/api", params=what).text
        assert '"phase": "finished"' in said

    def run(self, path, cells):
        """Run a notebook's first code cells in a kernel, and leave it running."""
        notebook = self.ask("GET", f"api/contents/{path}").json()["content"]
        kernel = self.ask("POST", "api/kernels", json={"name": "python3"}).json()["id"]
        cookies = {cookie.name: cookie.value for cookie in self.session.cookies}
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        url = f"{self.hub.url}/user/{self.name}/api/kernels/{kernel}/channels"
        url = url.replace("http", "ws")
        line = websocket.create_connection(url, cookie=cookie, timeout=600)
        code = [x["source"] for x in notebook["cells"] if x["cell_type"] == "code"]
        session = Session(username=self.name)
        for source in code[:cells]:
            message = session.msg("execute_request", {"code": source, "silent": False})
            line.send(json.dumps(message | {"channel": "shell"}, default=str))
            while (said := json.loads(line.recv()))["msg_type"] != "execute_reply":
                pass
            assert said["content"]["status"] == "ok", said["content"]
        line.close()

    def processes(self):
        """Return the server's processes, kernels included."""
        children = psutil.Process(self.hub.process.pid).children()
        names = [child.environ().get("JUPYTERHUB_USER") for child in children]
        own = children[names.index(self.name)]
        return [own, *own.children(recursive=True)]


class Hub:
    """A running JupyterHub, its folders, and the instructor's commands."""

    def __init__(self, folder):
        self.folder, self.password = folder, uuid.uuid4().hex
        port = random.randrange(20_000, 30_000)
        self.url = f"http://127.0.0.1:{port}"
        self.exchange = folder / "exchange" / COURSE_ID
        self.inbound = self.exchange / "inbound"
        self.course = folder / "home/teacher/series/notebooks/assignments"
        self.lessons = f"file://{folder}/lessons"
        own = {"HUB_TEST": str(folder), "HUB_TEST_PASSWORD": self.password}
        own |= {"HUB_TEACHERS": "teacher", "HUB_PORT": str(port)}
        own["NBGRADER_EXCHANGE"] = str(folder / "exchange")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
        self.environment = kept | own
        for place in (f"source/{NAME}", f"release/{NAME}"):
            shutil.copytree(COURSE / place, self.course / place)
        settings = (COURSE / "nbgrader_config.py").read_text()
        settings += "\nc.ExchangeCollect.check_owner = False  # all are one account\n"
        (self.course / "nbgrader_config.py").write_text(settings)
        self.course.chmod(0o700)
        (folder / "lessons").mkdir()
        shutil.copy(ROOT / "notebooks" / "01_neuron.ipynb", folder / "lessons")
        self.git("init -q -b students", "add .", "commit -q -m Lessons")
        (folder / "state").mkdir(mode=0o700)
        config = COURSE / "hub" / "jupyterhub_config.py"
        command = [sys.executable, "-m", "jupyterhub", "--config", config]
        where = {"cwd": folder / "state", "env": self.environment}
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **where)

    def git(self, *lines):
        for line in lines:
            where = ["git", "-C", self.folder / "lessons", "-c", "user.name=t"]
            command = [*where, "-c", "user.email=t@localhost", *line.split()]
            subprocess.run(command, check=True)

    def wait(self):
        while self.process.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/hub/login", timeout=60).ok:
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
        self.process.terminate()
        self.process.wait(180)


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
    students = [Student(hub, name) for name in NAMES]

    def come(student):
        ready = student.log_in()
        student.pull()
        student.run("series/01_neuron.ipynb", cells=10)
        ran = time.monotonic()
        student.press("fetch")
        if student is students[0]:  # who knows the solution
            model = {"type": "notebook", "content": json.loads(SOLUTION.read_text())}
            student.ask("PUT", f"api/contents/{NAME}/{NAME}.ipynb", json=model)
        answer = student.press("submit")
        assert answer["success"], answer
        return ready, time.monotonic() - ran

    with ThreadPoolExecutor(USERS) as pool:
        futures = [pool.submit(come, student) for student in students]
        failures = [str(future.exception()) for future in futures if future.exception()]
    servers = [student.processes() for student in students]
    memory = [sum(p.memory_full_info().pss for p in s) / 2**20 for s in servers]
    print(f"{USERS} users, {len(failures)} failures {failures}")
    assert not failures
    ready, handed = zip(*[future.result() for future in futures], strict=True)
    whats = "s until JupyterLab is open", "s to fetch and submit", "MB of memory (PSS)"
    for what, values in zip(whats, (ready, handed, memory), strict=True):
        print(f"{what}: median {statistics.median(values):.1f}, most {max(values):.1f}")
    return students


def test_round_trip(students, hub):
    hub.do(*COLLECT)
    print(hub.do("grade"))
    assert f"Handed back {USERS} pages" in hub.do("exchange", "--hand-back")
    for student in students[:2]:
        (listed,) = student.press("fetch_feedback")["value"][1]["submissions"]
        path = f"files/{listed['local_feedback_path']}/{NAME}.html"
        page = student.ask("GET", path).text
        assert ("<b>23</b> of 27" in page) == (student is students[0])
    students[0].ask("GET", "formgrader", code=404)
    teacher = Student(hub, "teacher")
    teacher.log_in()
    (row,) = teacher.ask("GET", "formgrader/api/assignments").json()
    assert (row["name"], row["num_submissions"]) == (NAME, USERS)


def test_a_server_is_killed_while_it_hands_in(students, hub):
    student = students[1]
    now = hub.course / "submitted" / student.name / NAME
    before = (now / "timestamp.txt").read_text()
    work = hub.folder / "home" / student.name / NAME
    for number in range(5000):
        (work / f"{number}.txt").write_text("some data")
    known, server = {*hub.inbound.iterdir()}, student.processes()[0]
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(student.press, "submit")
        while not (new := {*hub.inbound.iterdir()} - known) and not request.done():
            time.sleep(0.01)
        server.kill()
    (half,) = new
    assert len(list(half.iterdir())) < 5000
    assert f"{half.name}: left out, it was cut off" in hub.do(*COLLECT)
    assert (now / "timestamp.txt").read_text() == before
    while student.model():  # the hub looks every half minute
        time.sleep(1)
    student.log_in()
    assert student.press("submit")["success"]
    hub.do(*COLLECT)
    assert (now / "timestamp.txt").read_text() > before


@ROOT_ONLY
def test_the_exchange_is_full(students, hub):
    student = students[-1]
    size = ["-t", "tmpfs", "-o", "size=16k,mode=733", "full"]
    subprocess.run(["mount", *size, hub.inbound], check=True)
    try:
        said = student.press("submit")["value"]
        assert "NOT handed in" in said
        assert "No space left on device" in said
        assert not list(hub.inbound.iterdir())
    finally:
        subprocess.run(["umount", hub.inbound], check=True)
    assert student.press("submit")["success"]


@ROOT_ONLY
def test_what_another_account_can_read(students, hub):
    def nobody(*command):
        somebody = {"user": 65534, "group": 65534, "extra_groups": []}
        done = subprocess.run(command, **somebody, capture_output=True)
        return done.stdout.decode() if done.returncode == 0 else None

    out = hub.exchange / "outbound" / NAME
    handed_out = nobody("cat", out / f"{NAME}.ipynb")
    assert "def " in handed_out
    for word in ("hidden=True", "HIDDEN TESTS", "BEGIN SOLUTION", "MARK SCHEME"):
        assert (word in SOLUTION.read_text(), word in handed_out) == (True, False)
    assert nobody("touch", out / "mine") is None
    for place in (hub.inbound, hub.exchange / "feedback", hub.course):
        assert list(place.iterdir())
        assert nobody("ls", place) is None
    for file in (hub.course / "gradebook.db", *(hub.folder / "state").iterdir()):
        assert nobody("cat", file) is None
