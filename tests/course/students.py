"""Seventy ways to hand in the tiny assignment, and what each must come to.

The table of a class: every row makes a submission from the solution by a small change.
"""

import json
import os
import textwrap
from dataclasses import dataclass

from classroom import TINY, cell_of, hand_in, handed_out, insert, solved
from nbformat.v4 import new_markdown_cell, new_raw_cell

FULL = {"check-1": 4, "check-2": 5, "check-3": 6}
ZERO = dict.fromkeys(FULL, 0)
PORT = 47263  # a test listens there
TRIPLE = "def double(X):\n    return 3 * X"


@dataclass(frozen=True)
class Student:
    """A submission and its result.

    ``make`` puts it into a course folder; ``says`` must be in the notes and on the
    feedback page, ``flag`` in the flags; without a flag there must be none but notices.
    """

    name: str
    make: object
    points: dict
    status: str = "graded"
    says: str = ""
    flag: str = ""


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
    """Hand in under another name, and a file beside it."""
    hand_in(course, name, solved(course), filename="My Homework (1).ipynb")
    hand_in(course, name, "notes", filename="notes.txt")


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


def hooked(value):
    """Return a ``make`` that takes the student's end of the wire, and lies once."""
    source = f"""
import base64, gc
server = [x for x in gc.get_objects() if type(x).__name__ == "Server"][0]
honest = server.call
def lies(what, message):
    said = honest(what, message)
    if what == "call" and not told:
        told.append(1)
        said["value"] = {value}
    return said
told = []
server.call = lies
"""
    return cheat(source)


CLASS = [
    Student("perfect", changed(lambda notebook: None), FULL),
    Student("blank", blank, ZERO),
    Student("half", half, {"check-1": 4, "check-2": 0, "check-3": 2}),
    Student(
        "wrong-sign",
        in_task_1("def double(X):\n    return -2 * X"),
        {**FULL, "check-1": 0},
    ),
    # What does not end, or takes too much.
    Student(
        "endless-loop",
        with_cell("while True:\n    pass"),
        FULL,
        "limited",
        "Cell number 5: it was stopped after",
    ),
    Student(
        "loop-in-task",
        in_task_1("def double(X):\n    while True:\n        pass"),
        {**FULL, "check-1": 0},
        "limited",
        "Cell check-1: it was stopped after",
    ),
    Student(
        "swallows-interrupt",
        with_cell(
            """
            import time
            while True:
                try:
                    time.sleep(60)
                except BaseException:
                    pass
            """
        ),
        {"check-1": 4, "check-2": 0, "check-3": 0},
        "limited",
        "Cell number 5: it was stopped after",
    ),
    Student(
        "exits",
        with_cell("import os\nos._exit(0)", before="task-3"),
        {"check-1": 4, "check-2": 5, "check-3": 0},
        "limited",
        "Cell number 7: it ended Python itself",
    ),
    Student(
        "exits-in-task",
        in_task_1("import os\ndef double(X):\n    os._exit(0)"),
        ZERO,
        "limited",
        "Cell check-1: it ended Python itself",
    ),
    Student(
        "too-much-memory",
        with_cell("x = [0]\nwhile True:\n    x = x * 2"),
        FULL,
        "limited",
        "Cell number 5: it took more memory than the limit",
    ),
    Student(  # numbers appended one by one: the smallest allocation fails, too
        "fills-memory",
        with_cell("x = []\nwhile True:\n    x.append(str(len(x)))"),
        FULL,
        "limited",
        "Cell number 5: it took more memory than the limit",
    ),
    Student(
        "memory-in-task",
        in_task_1(
            """
            def double(X):
                return np.ones((50_000, 50_000)) * X[0, 0]
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "fifty-children",
        with_cell(
            """
            import subprocess
            for _ in range(50):
                subprocess.Popen(["sleep", "987654"], start_new_session=True)
            """
        ),
        FULL,
        flag="notice: cell 5 starts or ends processes",
    ),
    Student(
        "million-lines",
        with_cell("for i in range(1_000_000):\n    print('line', i)"),
        FULL,
        "limited",
        "Cell number 5: its output was too long",
    ),
    Student(
        "large-file",
        with_cell("open('x', 'wb').write(bytes(300 * 2**20))"),
        FULL,
        says="Cell number 5: it raised OSError",
    ),
    # What stops plain nbgrader.
    Student(
        "syntax-error",
        in_task_1("def double(X:\n    return 2 * X"),
        {**FULL, "check-1": 0},
        says="Cell task-1: it raised SyntaxError",
    ),
    Student(
        "input",
        in_task_1("def double(X):\n    return 2 * X\nn = input('how many? ')"),
        FULL,
        says="Cell task-1: input() waits for a keyboard",
    ),
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
        "The test cell check-1 had been changed; it was restored.",
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
        "The test cell check-2 stood before its task",
    ),
    Student(
        "task-as-text",
        changed(as_markdown),
        FULL,
        "repaired",
        "The cell task-1 was a markdown cell",
    ),
    Student(
        "other-name", renamed, FULL, "repaired", "My Homework (1).ipynb was taken for"
    ),
    Student("two-notebooks", two_notebooks, FULL, says="Of several notebooks"),
    Student(
        "two-wrong-names", two_wrong_names, ZERO, "unreadable", "There are 2 notebooks"
    ),
    Student("broken-json", broken_json, ZERO, "unreadable", "is not a notebook, or"),
    Student("empty-file", text(""), ZERO, "unreadable", "is empty: was it saved"),
    Student(
        "a-script", text("print(1)\n"), ZERO, "unreadable", "is not a notebook, or"
    ),
    Student(
        "a-picture", text(b"\x89PNG\xff\x00"), ZERO, "unreadable", "it is not text"
    ),
    Student("json-list", text("[1, 2]"), ZERO, "unreadable", "JSON but not a notebook"),
    Student(
        "a-word-file",
        text(b"PK\x03\x04", "tiny.docx"),
        ZERO,
        "unreadable",
        "handed in was: tiny.docx",
    ),
    Student("nothing", nothing, ZERO, "unreadable", "handed in was: nothing"),
    Student("a-link", link, ZERO, "unreadable", "is a link, not a file"),
    # What costs nothing.
    Student(
        "warnings",
        in_task_1(
            """
            import sys, warnings
            np.set_printoptions(precision=2)
            def double(X):
                warnings.warn("careful")
                print("on stderr", file=sys.stderr)
                np.log(np.zeros(2))
                return 2 * X
            double(np.ones((1, 1)))
            """
        ),
        FULL,
    ),
    Student(
        "own-helpers",
        with_cell(
            """
            import math, matplotlib.pyplot as plt
            sum = list = 3
            def helper(X):
                return X
            plt.plot([1, 2]); plt.show()
            """
        ),
        FULL,
    ),
    # What is to gain points.
    Student(
        "allclose",
        cheat(
            """
            np.allclose = np.array_equal = lambda *a, **k: True
            np.abs = lambda x: np.float64(0)
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "patches-checks",
        cheat(
            """
            import sys, nnlib.exercises as checks
            checks.same.__code__ = (lambda found, expected, rtol: True).__code__
            checks.Task.points = property(lambda self: self.max_points)
            check_array = lambda *a, **k: None
            class Task(Task):
                points = 4
            sys.modules["nnlib.exercises"] = None
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "patches-in-task",
        in_task_1(
            """
            def double(X):
                import nnlib.exercises as checks
                checks.same.__code__ = (lambda found, expected, rtol: True).__code__
                return 3 * X
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "drops-asserts",
        cheat(
            """
            import ast
            class Drop(ast.NodeTransformer):
                def visit_With(self, node):
                    return ast.Pass()
                def visit_Assert(self, node):
                    return ast.Pass()
            get_ipython().ast_transformers.append(Drop())
            get_ipython().input_transformers_post.append(lambda lines: ["4.0"])
            """
        ),
        ZERO,
    ),
    Student(
        "formats-points",
        cheat(
            """
            shell = get_ipython()
            formatter = shell.display_formatter.formatters["text/plain"]
            formatter.for_type(float, lambda x, p, c: p.text("4.0"))
            formatter.for_type(int, lambda x, p, c: p.text("4"))
            shell.events.register("pre_run_cell", lambda info: print("4"))
            print("Task 1: all checks passed.\\n4")
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "reads-files",
        reads_files,
        FULL,
        flag="notice: cell 5 names a place outside its folder",
    ),
    Student(
        "prints-history",
        with_cell(
            """
            import inspect, sys
            print(In)
            get_ipython().run_line_magic("history", "")
            def deep(X):
                frame = sys._getframe(1)
                print(frame.f_code.co_consts, frame.f_code.co_names)
                print(inspect.getsource(frame))
                return 2 * X
            """,
            before="task-3",
        ),
        FULL,
    ),
    Student(
        "forges-answers",
        cheat(
            """
            import os
            for number in range(3, 200):
                try:
                    os.write(number, b'{"value": 4, "changed": []}\\n{"points": 4}\\n')
                except OSError:
                    pass
            """,
            before="check-3",
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "traces-checks",
        cheat(
            """
            import sys
            def spy(frame, event, argument):
                if frame.f_code.co_name == "points" and "self" in frame.f_locals:
                    frame.f_locals["self"].failed = []
            sys.setprofile(spy)
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "own-base-exception",
        in_task_1(
            """
            class Own(BaseException):
                pass
            def double(X):
                raise Own("x" * 10_000)
            """
        ),
        {**FULL, "check-1": 0},
        says="Cell check-1: Own: xxx",
    ),
    Student("no-stdout", with_cell("import sys\nsys.stdout = None"), FULL),
    Student(
        "deep-folders",
        with_cell("import os\nfor _ in range(3000):\n    os.mkdir('d'); os.chdir('d')"),
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
    Student(
        "too-many-cells", many_cells, ZERO, "unreadable", "5009 cells, more than 1000"
    ),
    Student(
        "peeks-at-tests",
        in_task_1(
            """
            import sys
            def double(X):
                code = sys._getframe(1).f_code
                print(code.co_consts, code.co_names)
                for frame in (sys._getframe(1), sys._getframe(2)):
                    sys.__stdout__.write(str(frame.f_code.co_consts))
                return 2 * X
            """
        ),
        FULL,
    ),
    # Lies to the grader's own process, which has the checks.
    Student(
        "lying-array",
        in_task_1(
            """
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
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student("helper-module", helper_module, {**FULL, "check-1": 0}),
    Student(
        "lying-class",
        in_task_1(
            """
            class Dense:
                __module__ = "nnlib.layers"
                def __matmul__(self, other):
                    return other
            def double(X):
                return Dense()
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "strange-values",
        in_task_1(
            """
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
            """
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "long-answer",
        in_task_1("def double(X):\n    return np.zeros((3000, 3000))"),
        {**FULL, "check-1": 0},
    ),
    Student(
        "forks",
        with_cell("import os\nos.fork()\nos.fork()"),
        FULL,
        flag="notice: cell 5 starts or ends processes",
    ),
    Student(
        "closes-pipes",
        with_cell("import os\nos.closerange(3, 1000)", before="task-3"),
        {"check-1": 4, "check-2": 5, "check-3": 0},
        "limited",
    ),
    Student(
        "memory-of-many",
        with_cell(
            """
            import subprocess, sys
            eats = "x = bytearray(b'1' * 400 * 2**20)\\nimport time; time.sleep(9)"
            running = [subprocess.Popen([sys.executable, "-c", eats]) for _ in range(8)]
            for process in running:
                process.wait()
            """,
            before="task-3",
        ),
        {"check-1": 4, "check-2": 5, "check-3": 0},
        "limited",
        "its processes took more memory than the limit",
        "notice: cell 7 starts or ends processes",
    ),
    Student(
        "fills-tmp",
        with_cell(
            """
            for number in range(40):
                with open(f"/tmp/{number}", "wb") as file:
                    file.write(bytes(20 * 2**20))
            """
        ),
        FULL,
        says="Cell number 5: it raised OSError",
    ),
    Student(
        "pip-install",
        with_cell("%pip install nothing-of-this-name\n!pip install neither"),
        FULL,
    ),
    Student(
        "debugger",
        in_task_1("import pdb\ndef double(X):\n    pdb.set_trace()\n    return 2 * X"),
        {**FULL, "check-1": 0},
    ),
    Student(
        "exit-in-cell",
        with_cell("exit()"),
        FULL,
        says="Cell number 5: it raised SystemExit",
    ),
    Student(
        "metadata-width",
        with_cell(
            """
            from IPython.display import display
            width = {"width": "1 onerror=document.title='taken'"}
            display({"image/png": "AAAA"}, raw=True, metadata={"image/png": width})
            """
        ),
        FULL,
    ),
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
        "surrogate",
        with_cell("raise ValueError('\\ud800 \\x1b]0;taken\\x07')"),
        FULL,
        says="Cell number 5: it raised ValueError",
    ),
    Student(
        "reads-memory",
        hooked(
            """["list", ["object", 9, "nnlib.layers:ReLU", {
            "__array_interface__": ["dict", ["data", ["thing", 0]],
            ["shape", ["tuple", 2]], ["typestr", "<u8"], ["version", 3],
            ["offset", -4096]]}]]"""
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "many-handles",
        hooked('["list", *(["handle", i, f"k{i}", ""] for i in range(150_000))]'),
        {**FULL, "check-1": 0},
    ),
    Student(
        "endless-header",
        hooked(
            """["array", base64.b64encode(b"\\x93NUMPY\\x01\\x00v\\x00" + (
            "{'descr': '|S0', 'fortran_order': False, 'shape': (10**12,), }"
            ).replace("10**12", str(10**12)).ljust(117).encode() + b"\\n").decode()]"""
        ),
        {**FULL, "check-1": 0},
    ),
    Student(
        "jams-the-pipe",
        with_cell(
            """
            import fcntl, gc, os, time
            server = [x for x in gc.get_objects() if type(x).__name__ == "Server"][0]
            server.answer = lambda request: time.sleep(999)
            for number in range(3, 30):
                try:
                    fcntl.fcntl(number, fcntl.F_SETPIPE_SZ, 4096)
                except OSError:
                    pass
            """,
            before="task-3",
        ),
        {"check-1": 4, "check-2": 5, "check-3": 0},
        "limited",
    ),
    Student(
        "slow-calls",
        in_task_1(
            """
            import time
            def double(X):
                time.sleep(20)
                return 2 * X
            """
        ),
        {**FULL, "check-1": 0},
        "limited",
        "Cell check-1: it was stopped after",
    ),
    Student(
        "fills-shm",
        with_cell(
            """
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
            """
        ),
        FULL,
    ),
    Student(
        "fills-disk",
        with_cell(
            """
            for number in range(40):
                with open(str(number), "wb") as file:
                    file.write(bytes(90 * 2**20))
            """,
            before="task-3",
        ),
        FULL,
        says="Cell number 7: it raised OSError",
    ),
]
SIX = ("perfect", "blank", "swallows-interrupt", "no-ids", "broken-json", "allclose")
