"""Close the system around a submission's process, as far as the machine allows it.

``bwrap`` (bubblewrap) and ``unshare`` (util-linux) give it a file system with Python,
nnlib and ``inside`` to read and ``/tmp``, in memory, with a copy of its files to write
to, no network, and process numbers of its own, so that all its processes end with it.
``none`` starts it as it is, in an empty environment; its processes are found and ended.
"""

import ctypes
import functools
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

import nnlib

INSIDE, NNLIB = Path(__file__).resolve().parent / "inside", Path(nnlib.__file__)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix")
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SETTINGS = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")  # root's
MOST_WRITTEN = 256 * 2**20  # bytes in /tmp, its files included
OWN_MEMORY = 2**30  # bytes of one of the grader's processes, which never holds much
CLOSED = "no network, no files but the submission's own, all processes ended with it"
IN_WORDS = {
    "bwrap": f"bubblewrap: {CLOSED}",
    "unshare": f"unshare: {CLOSED}",
    "none": "NONE: submissions could use the network and read and change your files",
}
KINDS = tuple(IN_WORDS)
ROOT = "You grade as root, so submissions can read all of /etc: better not as root."
# Its arguments are a folder that becomes the root, pairs of a folder to read and its
# place there, "--" and the command to run.
UNSHARE = f"""
set -e
root="$1" rights="--bounding-set=-all --inh-caps=-all --no-new-privs"
shift
mount -t tmpfs -o size={MOST_WRITTEN} none "$root"
mkdir "$root/tmp" "$root/proc" "$root/dev" "$root/dev/shm"
while [ "$1" != -- ]; do
    mkdir -p "$root$2"
    mount --rbind "$1" "$root$2"
    mount -o remount,bind,ro "$root$2" || true
    shift 2
done
shift
mount -t proc proc "$root/proc"
for place in {" ".join(SETTINGS)}; do
    [ -e "$root$place" ] || continue
    mount --bind "$root$place" "$root$place"
    mount -o remount,bind,ro "$root$place"
done
for name in null zero full random urandom; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
cd "$root"
exec chroot . setpriv $rights "$@"
"""


def choose(wanted):
    """Return the isolation to use: the wanted one, or the best that works here."""
    for kind in KINDS[:2] if wanted == "auto" else [wanted]:
        if works(kind):
            return kind
    raise RuntimeError(
        f"Submissions cannot be closed in on this machine by {wanted}: install "
        "bubblewrap (apt install bubblewrap), and let users make user namespaces. Or, "
        "if you would run the submissions yourself, with your network and your files, "
        "say so: --isolation none"
    )


@functools.cache
def works(kind):
    """Tell whether an isolation can be used on this machine."""
    if kind == "none" or not shutil.which(kind):
        return kind == "none"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "files" / "work").mkdir(parents=True)
        test = ["timeout", "60", sys.executable, "-c", "import grading.inside.student"]
        with start(kind, Path(folder), test) as process:
            return process.wait() == 0


def command(kind, folder, arguments):
    """Return the command that runs arguments closed in, on a copy of folder/files.

    What Python, nnlib and ``inside`` need is there to be read, outermost folders first.
    A path that is a link, or leads through one, is a folder of its own there, and so is
    its target.
    """
    if kind == "none":
        return arguments
    arguments = ["sh", "-c", 'cp -R /handed/. /tmp && exec "$@"', "sh", *arguments]
    python = Path(sys.executable).resolve().parents[1]
    needed = [*SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, python, INSIDE]
    needed = [Path(x) for x in (*needed, NNLIB.parent) if os.path.isdir(x)]
    needed = {*needed, *(path.resolve() for path in needed)} - {Path("/")}
    places = {x: x.resolve() for x in sorted(needed, key=lambda x: len(x.parts))}
    places[Path("/handed")] = folder / "files"
    if kind == "bwrap":
        closed = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
        closed += ["--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]
        for place in ("/tmp", "/dev/shm"):
            closed += ["--size", str(MOST_WRITTEN), "--tmpfs", place]
        for place in SETTINGS:
            closed += ["--ro-bind-try", place, place]
        for path, real in places.items():
            closed += ["--ro-bind", str(real), str(path)]
        return [*closed, "--remount-ro", "/dev", "--remount-ro", "/", *arguments]
    closed = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--ipc"]
    closed += ["--pid", "--fork", "--kill-child=KILL", "sh", "-c", UNSHARE, "sh"]
    pairs = [str(x) for path, real in places.items() for x in (real, path)]
    (folder / "root").mkdir()
    return [*closed, str(folder / "root"), *pairs, "--", *arguments]


def start(kind, folder, arguments, where="."):
    """Start arguments in the sandbox, in folder/files/work/where and its own group."""
    place = folder / "files" if kind == "none" else Path("/tmp")
    # what runs in there, and this nnlib, even if another one, or none, is installed
    modules = [NNLIB.resolve().parents[1], INSIDE.parents[1]]
    environment = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        **dict.fromkeys(THREADS, "1"),
        "HOME": str(place / "home"),
        "MPLCONFIGDIR": str(place / "home" / "mpl"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PIP_NO_INDEX": "1",  # it fails at once, where it would wait for a network
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, modules)),
    }
    work = str(place / "work" / where)
    inner = ["sh", "-c", 'cd "$0" && exec "$@"', work, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    own = {"start_new_session": True, "preexec_fn": die_with_parent}
    with open(folder / "stderr.txt", "wb") as errors:
        closed = command(kind, folder, inner)
        return subprocess.Popen(closed, env=environment, stderr=errors, **pipes, **own)


def remove(folder):
    """Remove a folder that a submission may have written to, however deep it is."""
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        subprocess.run([*command, "--", str(folder)], stderr=subprocess.DEVNULL)


def prepare_process():
    """Limit this process, let it end with the grader, and adopt orphans."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # the grader reports it
    die_with_parent()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]  # for the student's
        resource.setrlimit(resource.RLIMIT_DATA, (OWN_MEMORY, hard))


def die_with_parent():
    """Let this process be killed when the one that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def running():
    """Return the processes that this one, or one of them, has started or adopted."""
    found = psutil.Process().children(recursive=True)
    return [x for x in found if ask(x.status, "zombie") != psutil.STATUS_ZOMBIE]


def ask(method, gone=None):
    """Return what a method of a process returns, or, if that is no more, ``gone``."""
    try:
        return method()
    except psutil.Error:
        return gone


def end(process):
    """End a process started here with all that it has started."""
    for _ in range(20):
        for other in (found := running()):
            ask(other.kill)
        if not found:
            break
        psutil.wait_procs(found, timeout=0.2)
    process.wait()
