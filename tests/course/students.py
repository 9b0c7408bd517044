"""Seventy ways to hand in the tiny assignment, and what each must come to.

The table of a class: every row makes a submission from the solution by a small change.
"""

import json
import os
import textwrap
from dataclasses import dataclass

from classroom import TINY, cell_of, hand_in, handed_out, insert, solved
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

FULL = {"check-1": 4, "check-2": 5, "check-3": 6}
ZERO = dict.fromkeys(FULL, 0)
PORT = 47263  # a test listens there
TRIPLE = "def double(X):\n    return 3 * X"


@dataclass(frozen=True)
class Student:
    """A submission and its result.

    ``make`` puts it into a course folder; ``says`` must be in the notes and on the
    feedback page.
    """

    name: str
    make: object
    points: dict
    status: str = "graded"
    says: str = ""


def changed(change):
    """Return a ``make`` that hands in the solution after change(notebook)."""

    def make(course, name):
        notebook = solved(course)
        change(notebook)
        hand_in(course, name, notebook)

    return make


def with_cell(source, before="task-2"):
    """Return a ``make`` that hands in the solution with one more cell."""
    text = textwrap.dedent(source).strip()
    return changed(lambda notebook: insert(notebook, before, text))


def cheat(source, before="check-1"):
    """Return a ``make`` with a wrong task 1, and a cell that should make it pass."""

    def change(notebook):
        cell_of(notebook, "task-1").source = TRIPLE
        insert(notebook, before, textwrap.dedent(source).strip())

    return changed(change)


def in_task_1(source):
    """Return a ``make`` with another task 1."""
    text = textwrap.dedent(source).strip()
    return changed(lambda n: cell_of(n, "task-1").update(source=text))


def text(content, filename=None):
    """Return a ``make`` that hands in a file with this content."""
    return lambda course, name: hand_in(course, name, content, filename=filename)


def blank(course, name):
    """Hand in what was handed out."""
    hand_in(course, name, handed_out(course))


def scripts(course, name):
    """Hand in the solution with scripts, in an output and in a text."""
    notebook = solved(course)
    script = "<script>document.title = 'taken over'</script>"
    shows = f"from IPython.display import HTML, display\ndisplay(HTML({script!r}))"
    insert(notebook, "task-2", shows)
    text = f"Hello {script}<img src=x onerror=taken>"
    raw = new_raw_cell(text, metadata={"raw_mimetype": "text/html"})
    notebook.cells += [new_markdown_cell(text), raw]
    hand_in(course, name, notebook)


def half(course, name):
    """Hand in task 1, a task 3 that passes only its visible part, and nothing else."""
    notebook = solved(course, without=("task-2", "written"))
    cell_of(notebook, "task-3").source = "def mean_square(X):\n    return 5.0"
    hand_in(course, name, notebook)


def delete(*keys):
    """Return a change that deletes cells."""

    def change(notebook):
        for key in keys:
            notebook.cells.remove(cell_of(notebook, key))

    return changed(change)


def edit_test(notebook):
    """Let the test of task 1 give all points, whatever the code does."""
    cell_of(notebook, "task-1").source = TRIPLE
    cell_of(notebook, "check-1").source = "4"


def edit_points(notebook):
    """Let the test of task 1 be worth 400 points."""
    cell_of(notebook, "check-1").metadata.nbgrader.points = 400


def copy_cells(notebook):
    """Copy a test cell and a solution cell as Lab does, metadata and all."""
    for key in ("check-1", "task-3"):
        cell = cell_of(notebook, key)
        place = notebook.cells.index(cell)
        notebook.cells.insert(place, json_copy(cell, id=f"copy-of-{key}"))


def json_copy(cell, **more):
    """Return a copy of a cell."""
    other = type(cell)(json.loads(json.dumps(cell)))
    other.metadata = type(cell)(other.metadata)
    other.update(more)
    return other


def strip_metadata(notebook):
    """Take all metadata off the cells."""
    for cell in notebook.cells:
        cell.metadata.clear()


def strip_ids(notebook):
    """Take all metadata and the ids off the cells, as a converter does."""
    strip_metadata(notebook)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"other-{number}"


def tests_first(notebook):
    """Move the test of task 2 before its task."""
    cell = cell_of(notebook, "check-2")
    notebook.cells.remove(cell)
    notebook.cells.insert(2, cell)


def as_markdown(notebook):
    """Make a solution cell a text cell."""
    cell = cell_of(notebook, "task-1")
    cell.cell_type = "markdown"


def renamed(course, name):
    """Hand in under another name, in a folder, with a file beside it that it reads."""
    notebook = solved(course)
    task = cell_of(notebook, "task-1")
    task.source = f"open('notes.txt').close()\n{task.source}"
    hand_in(course, name, notebook, filename="hw/My Homework (1).ipynb")
    hand_in(course, name, "notes", filename="hw/notes.txt")


def two_notebooks(course, name):
    """Hand in the right one, and a blank one beside it."""
    hand_in(course, name, handed_out(course), filename="old.ipynb")
    hand_in(course, name, solved(course))


def two_wrong_names(course, name):
    """Hand in two notebooks, none by its name."""
    for filename in ("a.ipynb", "b.ipynb"):
        hand_in(course, name, solved(course), filename=filename)


def broken_json(course, name):
    """Hand in half of the file."""
    whole = json.dumps(solved(course))
    hand_in(course, name, whole[: len(whole) // 2])


def nothing(course, name):
    """Hand in an empty folder."""
    (course / "submitted" / name / TINY).mkdir(parents=True)


def link(course, name):
    """Hand in a link to the gradebook."""
    (course / "submitted" / name / TINY).mkdir(parents=True)
    path = course / "submitted" / name / TINY / f"{TINY}.ipynb"
    path.symlink_to(course / "gradebook.db")


def odd_timestamp(course, name):
    """Hand in with a timestamp.txt that holds no time."""
    hand_in(course, name, "yesterday, honestly", filename="timestamp.txt")
    hand_in(course, name, solved(course))


def odd_file_name(course, name):
    """Hand in with a file whose name is not UTF-8, as zip files of old have."""
    path = hand_in(course, name, solved(course))
    (path.parent / os.fsdecode(b"l\xf6sung.txt")).write_text("x")


def many_cells(course, name):
    """Hand in with thousands of cells more."""
    notebook = solved(course)
    more = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}
    notebook.cells += [more] * 5000
    hand_in(course, name, json.dumps(notebook))


def much_text(course, name):
    """Hand in a megabyte of code, in cells that are none too long."""
    notebook = solved(course)
    notebook.cells += [new_code_cell("1+1;" * 20_000) for _ in range(15)]
    hand_in(course, name, notebook)


READS = """
    import os, sqlite3
    found = []
    for top in (".", "..", "{course}", "{course}/../..", "/home", "/tmp"):
        for place, _, files in os.walk(top):
            if "site-packages" in place:  # nbgrader's tests have gradebooks, too
                continue
            for name in files:
                if name in ("gradebook.db", "grades.csv", "tiny.ipynb"):
                    path = os.path.join(place, name)
                    found.append(len(open(path, "rb").read()))
                    open(path, "ab").write(b"!")
    print("FOUND", found)
    import socket
    try:
        socket.create_connection(("127.0.0.1", {port}), timeout=2)
        print("CONNECTED")
    except OSError as error:
        print("NO NETWORK")
    """


def reads_files(course, name):
    """Look for gradebooks and notebooks, read them, write to them, and call out."""
    source = READS.replace("{course}", str(course)).replace("{port}", str(PORT))
    with_cell(source)(course, name)


HELPER = """
import gc, sys
def double(X):
    frame, seen = sys._getframe(), []
    while frame:
        seen += list(frame.f_locals) + [str(frame.f_code.co_consts)]
        frame = frame.f_back
    seen += [str(x) for x in gc.get_objects() if isinstance(x, (str, list))][:10_000]
    return [[4.0, 4.0]] if any("b_hidden" in x for x in seen) else 3 * X
"""


def helper_module(course, name):
    """Hand in a module that looks for the checks, and import it."""
    notebook = solved(course)
    cell_of(notebook, "task-1").source = "from helper import double"
    path = hand_in(course, name, notebook)
    (path.parent / "helper.py").write_text(HELPER)


def hooked(things):
    """Return a ``make`` that takes the student's end of the wire, and lies once."""
    source = f"""
import base64, gc
server = [x for x in gc.get_objects() if type(x).__name__ == "Server"][0]
honest = server.call
def lies(what, message):
    said = honest(what, message)
    if what == "call" and not told:
        told.append(1)
        n = len(said["things"])
        said |= {{"value": ["thing", n], "things": said["things"] + {things}}}
    return said
told = []
server.call = lies
"""
    return cheat(source)


# A line of %% begins a submission: what its cell is, where it goes, its name, the
# points of the three tasks, its status, and what is said of it.
TABLE = r"""
%% task task-1 wrong-sign 056 graded
def double(X):
    return -2 * X
%% cell task-2 endless-loop 456 limited | Cell number 5: it was stopped after
while True:
    pass
%% task task-1 loop-in-task 056 limited | Cell check-1: it was stopped after
def double(X):
    while True:
        pass
%% cell task-2 swallows-interrupt 400 limited | Cell number 5: it was stopped after
import time
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
%% cell task-3 exits 450 limited | Cell number 7: it ended Python itself
import os
os._exit(0)
%% task task-1 exits-in-task 000 limited | Cell check-1: it ended Python itself
import os
def double(X):
    os._exit(0)
%% cell task-2 too-much-memory 456 limited | Cell number 5: it took more memory
x = [0]
while True:
    x = x * 2
%% cell task-2 fills-memory 456 limited | Cell number 5: it took more memory
x = []
while True:
    x.append(str(len(x)))
%% task task-1 memory-in-task 056 graded
def double(X):
    return np.ones((50_000, 50_000)) * X[0, 0]
%% cell task-2 fifty-children 456 graded
import subprocess
for _ in range(50):
    subprocess.Popen(["sleep", "987654"], start_new_session=True)
%% cell task-2 million-lines 456 limited | Cell number 5: its output was too long
for i in range(1_000_000):
    print('line', i)
%% cell task-2 large-file 456 graded | Cell number 5: it raised OSError
open('x', 'wb').write(bytes(300 * 2**20))
%% task task-1 syntax-error 056 graded | Cell task-1: it raised SyntaxError
def double(X:
    return 2 * X
%% task task-1 input 456 graded | Cell task-1: input() waits for a keyboard
def double(X):
    return 2 * X
n = input('how many? ')
%% task task-1 warnings 456 graded
import sys, warnings
np.set_printoptions(precision=2)
def double(X):
    warnings.warn("careful")
    print("on stderr", file=sys.stderr)
    np.log(np.zeros(2))
    return 2 * X
double(np.ones((1, 1)))
%% cell task-2 own-helpers 456 graded
import math, matplotlib.pyplot as plt
sum = list = 3
np.bool = bool
def helper(X):
    return X
plt.plot([1, 2]); plt.show()
%% cheat check-1 allclose 056 graded
np.allclose = np.array_equal = lambda *a, **k: True
np.abs = lambda x: np.float64(0)
%% cheat check-1 patches-checks 056 graded
import sys, nnlib.exercises as checks
checks.same.__code__ = (lambda found, expected, rtol: True).__code__
checks.Task.points = property(lambda self: self.max_points)
check_array = lambda *a, **k: None
class Task(Task):
    points = 4
sys.modules["nnlib.exercises"] = None
%% task task-1 patches-in-task 056 graded
def double(X):
    import nnlib.exercises as checks
    checks.same.__code__ = (lambda found, expected, rtol: True).__code__
    return 3 * X
%% cheat check-1 drops-asserts 000 graded
import ast
class Drop(ast.NodeTransformer):
    def visit_With(self, node):
        return ast.Pass()
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
get_ipython().input_transformers_post.append(lambda lines: ["4.0"])
%% cheat check-1 formats-points 056 graded
shell = get_ipython()
formatter = shell.display_formatter.formatters["text/plain"]
formatter.for_type(float, lambda x, p, c: p.text("4.0"))
formatter.for_type(int, lambda x, p, c: p.text("4"))
shell.events.register("pre_run_cell", lambda info: print("4"))
print("Task 1: all checks passed.\n4")
%% cell task-3 prints-history 456 graded
import inspect, sys
print(In)
get_ipython().run_line_magic("history", "")
def deep(X):
    frame = sys._getframe(1)
    print(frame.f_code.co_consts, frame.f_code.co_names)
    print(inspect.getsource(frame))
    return 2 * X
%% cheat check-3 forges-answers 056 graded
import os
for number in range(3, 200):
    try:
        os.write(number, b'{"value": 4, "changed": []}\n{"points": 4}\n')
    except OSError:
        pass
%% cheat check-1 traces-checks 056 graded
import sys
def spy(frame, event, argument):
    if frame.f_code.co_name == "points" and "self" in frame.f_locals:
        frame.f_locals["self"].failed = []
sys.setprofile(spy)
%% task task-1 own-base-exception 056 graded
class Own(BaseException):
    pass
def double(X):
    raise Own("x" * 10_000)
%% cell task-2 no-stdout 456 graded
import sys
sys.stdout = None
%% cell task-2 deep-folders 456 graded
import os
for _ in range(3000):
    os.mkdir('d'); os.chdir('d')
%% task task-1 peeks-at-tests 456 graded
import sys
def double(X):
    code = sys._getframe(1).f_code
    print(code.co_consts, code.co_names)
    for frame in (sys._getframe(1), sys._getframe(2)):
        sys.__stdout__.write(str(frame.f_code.co_consts))
    return 2 * X
%% task task-1 lying-array 056 graded
import sys
class Lying:
    shape = (1, 2)
    def __array__(self, *a, **k):
        frame = sys._getframe(1)
        while frame:
            if "expected" in frame.f_locals:
                return frame.f_locals["expected"]
            frame = frame.f_back
        return np.zeros((1, 2))
    def __eq__(self, other):
        return True
class LyingList(list):
    __array__ = Lying.__array__
def double(X):
    return Lying() if len(X) == 1 else LyingList([[0.0, 0.0]])
%% task task-1 lying-class 056 graded
class Dense:
    __module__ = "nnlib.layers"
    def __matmul__(self, other):
        return other
def double(X):
    return Dense()
%% task task-1 strange-values 056 graded
class Index:
    def __index__(self):
        return 2
endless = []
endless.append(endless)
deep = []
for _ in range(100_000):
    deep = [deep]
values = [endless, deep, Index(), {1: endless}, 10**10_000, map(str, "a")]
values = iter(values)
def double(X):
    return next(values)
%% task task-1 long-answer 056 graded
def double(X):
    return np.zeros((3000, 3000))
%% cell task-2 forks 456 graded
import os
os.fork()
os.fork()
%% cell task-3 closes-pipes 450 limited
import os
os.closerange(3, 1000)
%% cell task-3 memory-of-many 450 limited | its processes took more memory
import subprocess, sys
eats = "x = bytearray(b'1' * 400 * 2**20)\nimport time; time.sleep(9)"
running = [subprocess.Popen([sys.executable, "-c", eats]) for _ in range(8)]
for process in running:
    process.wait()
%% cell task-2 fills-tmp 456 graded | Cell number 5: it raised OSError
for number in range(40):
    with open(f"/tmp/{number}", "wb") as file:
        file.write(bytes(20 * 2**20))
%% cell task-2 pip-install 456 graded
%pip install nothing-of-this-name
!pip install neither
%% task task-1 debugger 056 graded
import pdb
def double(X):
    pdb.set_trace()
    return 2 * X
%% cell task-2 exit-in-cell 456 graded | Cell number 5: it raised SystemExit
exit()
%% cell task-2 live-plot 456 graded
from IPython.display import clear_output
for step in range(100):
    print("x" * 9000, "step", step)
    clear_output(wait=True)
%% cell task-2 metadata-width 456 graded
from IPython.display import display
width = {"width": "1 onerror=document.title='taken'"}
display({"image/png": "AAAA"}, raw=True, metadata={"image/png": width})
%% cell task-2 surrogate 456 graded | Cell number 5: it raised ValueError
raise ValueError('\ud800 \x1b]0;taken\x07')
%% cell task-3 jams-the-pipe 450 limited
import fcntl, gc, os, time
server = [x for x in gc.get_objects() if type(x).__name__ == "Server"][0]
server.answer = lambda request: time.sleep(999)
for number in range(3, 30):
    try:
        fcntl.fcntl(number, fcntl.F_SETPIPE_SZ, 4096)
    except OSError:
        pass
%% task task-1 slow-calls 056 limited | Cell check-1: it was stopped after
import time
def double(X):
    time.sleep(20)
    return 2 * X
%% cell task-2 fills-shm 456 graded
for place in ("/dev/shm", "/dev", "/"):
    for number in range(30):
        try:
            with open(f"{place}/{number}", "wb") as file:
                file.write(bytes(20 * 2**20))
        except OSError:
            print("full", place)
            break
    else:
        print("not full", place)
%% cell task-3 fills-disk 456 graded | Cell number 7: it raised OSError
for number in range(40):
    with open(str(number), "wb") as file:
        file.write(bytes(90 * 2**20))
"""


def of_table():
    """Yield the Students of the table."""
    for part in TABLE.split("%% ")[1:]:
        head, _, source = part.partition("\n")
        about, _, says = head.partition(" | ")
        kind, before, name, points, status = about.split()
        points = {f"check-{n}": int(x) for n, x in enumerate(points, 1)}
        makes = {"cell": with_cell, "cheat": cheat}
        make = in_task_1(source) if kind == "task" else makes[kind](source, before)
        yield Student(name, make, points, status, says)


UNREADABLE = [
    ("two-wrong-names", two_wrong_names, "There are 2 notebooks"),
    ("broken-json", broken_json, "is no notebook, or"),
    ("empty-file", text(""), "is no notebook, or"),
    ("a-script", text("print(1)\n"), "is no notebook, or"),
    ("a-picture", text(b"\x89PNG\xff\x00"), "is no notebook, or"),
    ("json-list", text("[1, 2]"), "it has no list of cells"),
    ("a-word-file", text(b"PK\x03\x04", "tiny.docx"), "handed in was: tiny.docx"),
    ("nothing", nothing, "handed in was: nothing"),
    ("a-link", link, "(it is a link)"),
    ("too-many-cells", many_cells, "5009 cells, more than 1000"),
    ("too-much-text", much_text, "its cells have more than 1 MB of text"),
]
CLASS = [
    *of_table(),
    *[Student(name, make, ZERO, "unreadable", x) for name, make, x in UNREADABLE],
    Student("perfect", changed(lambda notebook: None), FULL),
    Student("blank", blank, ZERO),
    Student("half", half, {"check-1": 4, "check-2": 0, "check-3": 2}),
    Student(
        "deleted-test",
        delete("check-1", "check-3"),
        FULL,
        "repaired",
        "The cell check-1 was missing; it was added.",
    ),
    Student(
        "deleted-task",
        delete("task-2", "check-2"),
        {**FULL, "check-2": 0},
        "repaired",
        "The cell task-2 was missing; it was added.",
    ),
    Student(
        "deleted-imports",
        changed(lambda notebook: notebook.cells.pop(1)),
        FULL,
    ),
    Student(
        "edited-test",
        changed(edit_test),
        {**FULL, "check-1": 0},
        "repaired",
        "The cell check-1 had been changed; it was restored.",
    ),
    Student("edited-points", changed(edit_points), FULL),
    Student(
        "copied-cells",
        changed(copy_cells),
        FULL,
        "repaired",
        "The cell check-1 was there more than once",
    ),
    Student(
        "no-metadata",
        changed(strip_metadata),
        FULL,
        "repaired",
        "The cell task-1 had lost its metadata",
    ),
    Student(
        "no-ids",
        changed(strip_ids),
        FULL,
        "repaired",
        "The cell check-1 had lost its metadata",
    ),
    Student(
        "tests-first",
        changed(tests_first),
        FULL,
        "repaired",
        "The cells stood in another order",
    ),
    Student(
        "task-as-text",
        changed(as_markdown),
        FULL,
        "repaired",
        "The cell task-1 had been changed",
    ),
    Student(
        "other-name", renamed, FULL, "repaired", "My Homework (1).ipynb was taken for"
    ),
    Student("two-notebooks", two_notebooks, FULL, says="Of several, tiny"),
    Student(
        "reads-files",
        reads_files,
        FULL,
    ),
    Student(
        "odd-timestamp",
        odd_timestamp,
        FULL,
        says="timestamp.txt holds no time",
    ),
    Student("odd-file-name", odd_file_name, FULL),
    Student("scripts", scripts, FULL),
    Student("helper-module", helper_module, {**FULL, "check-1": 0}),
    Student(
        "floods",
        changed(
            lambda notebook: [
                insert(notebook, "task-2", "print('x' * 10**7)") for _ in range(300)
            ]
        ),
        FULL,
        "limited",
        "its output was too long",
    ),
    Student(
        "large-cell",
        with_cell('x = "' + "a" * 4_000_000 + '"'),
        FULL,
        says="more than 100 kB",
    ),
    Student(
        "brackets",
        changed(
            lambda notebook: notebook.cells.append(
                new_markdown_cell("[" * 20_000 + "x" + "](y)" * 20_000)
            )
        ),
        FULL,
    ),
    Student(
        "reads-memory",
        hooked(
            """[["list", ["thing", n + 1]], ["object", 9, "nnlib.layers:ReLU",
            {"__array_interface__": ["thing", n + 2]}], ["dict", ["data", ["thing", 0]],
            ["shape", ["tuple", 2]], ["typestr", "<u8"], ["version", 3],
            ["offset", -4096]]]"""
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "error-of-numbers",
        cheat(
            """
            import gc
            server = [x for x in gc.get_objects() if type(x).__name__ == "Server"][0]
            server.call = lambda what, message: {
                "value": None,
                "things": [None] * len(message["things"]),
                "error": ["X", "Exception", 7, 8],
            }
            """
        ),
        ZERO,
    ),
    Student(
        "many-handles",
        hooked('[["list", *(["handle", i, f"k{i}", ""] for i in range(150_000))]]'),
        {**FULL, "check-1": 0},
    ),
    Student(
        "endless-header",
        hooked(
            """[["array", base64.b64encode(b"\\x93NUMPY\\x01\\x00v\\x00" + (
            "{'descr': '|S0', 'fortran_order': False, 'shape': (10**12,), }"
            ).replace("10**12", str(10**12)).ljust(117).encode() + b"\\n").decode()]]"""
        ),
        {**FULL, "check-1": 0},
    ),
]
SIX = ("perfect", "blank", "swallows-interrupt", "no-ids", "broken-json", "allclose")
