"""Close the system around a submission's process, as far as the machine allows it.

``bwrap`` (bubblewrap) and ``unshare`` (util-linux) give it a file system with Python,
nnlib and ``inside`` to read and ``/tmp``, in memory, with a copy of its files to write
to, no network, and process numbers of its own, so that all its processes end with it.
``none`` starts it as it is, in an empty environment; its processes are found and ended.
"""

import contextlib
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

INSIDE = Path(__file__).resolve().parent / "inside"
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
    """Return the isolation to use: the wanted one, or the best that works here.

    Raises:
        RuntimeError: there is none but "none", which must be asked for; or the wanted
            one does not work on this machine.
    """
    for kind in KINDS[:2] if wanted == "auto" else [wanted]:
        if works(kind):
            return kind
    raise RuntimeError(
        "Submissions cannot be closed in on this machine: neither bwrap nor unshare"
        " works. Install bubblewrap (apt install bubblewrap). Or, if you would run "
        "the submissions yourself, with your network and your files, say so: "
        "--isolation none"
        if wanted == "auto"
        else f"--isolation {wanted} does not work here: is it installed, and may "
        "processes of yours make user namespaces? --isolation auto takes what works."
    )


def warn_root():
    """Return a sentence for who grades as root, or ""."""
    if os.geteuid() != 0:
        return ""
    return (
        "You grade as root: submissions can then read all of /etc, and without "
        "isolation all files. Better grade as an ordinary user."
    )


@functools.cache
def works(kind):
    """Tell whether an isolation can be used on this machine."""
    if kind == "none" or not shutil.which(kind):
        return kind == "none"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "files" / "work").mkdir(parents=True)
        test = [sys.executable, "-c", "import grading.inside.student"]
        with start(kind, Path(folder), test) as process:
            try:
                return process.wait(timeout=60) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                return False


def needed():
    """Return {path in the sandbox: folder of this machine}, outermost first.

    These are the folders that Python, nnlib and ``inside`` need.  A path that is a
    link, or leads through one, is a folder of its own there, and so is its target.
    """
    found = [*SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix]
    found += [Path(os.path.realpath(sys.executable)).parent.parent]
    found += [Path(nnlib.__file__).parent, INSIDE]
    found = [Path(path) for path in found if os.path.isdir(path)]
    found += [path.resolve() for path in found]
    found = sorted({*found} - {Path("/")}, key=lambda path: len(path.parts))
    return {path: path.resolve() for path in found}


def command(kind, folder, arguments):
    """Return the command that runs arguments closed in, on a copy of folder/files."""
    if kind == "none":
        return list(arguments)
    arguments = ["sh", "-c", 'cp -R /handed/. /tmp && exec "$@"', "sh", *arguments]
    places = {**needed(), Path("/handed"): folder / "files"}
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
    """Start arguments in the sandbox, in a process group of its own.

    Args:
        kind: of ``KINDS``.
        folder: it has, in ``files``, the folder ``work`` to run in.
        arguments: the command.
        where: the folder in ``work`` in which it runs.
    """
    place = folder / "files" if kind == "none" else Path("/tmp")
    # what runs in there, and this nnlib, even if another one, or none, is installed
    modules = [Path(nnlib.__file__).resolve().parents[1], INSIDE.parents[1]]
    environment = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        **dict.fromkeys(THREADS, "1"),
        "HOME": str(place / "home"),
        "TMPDIR": "/tmp",
        "IPYTHONDIR": str(place / "home" / "ipython"),
        "MPLCONFIGDIR": str(place / "home" / "mpl"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PIP_NO_INDEX": "1",  # it fails at once, where it would wait for a network
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, modules)),
    }
    work = str(place / "work" / where)
    inner = ["sh", "-c", 'cd "$0" && exec "$@"', work, *arguments]
    with open(folder / "stderr.txt", "wb") as errors:
        return subprocess.Popen(
            command(kind, folder, inner),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def remove(folder):
    """Remove a folder that a submission may have written to, however deep it is."""
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        subprocess.run([*command, "--", str(folder)], stderr=subprocess.DEVNULL)


def prepare_process():
    """Limit this process, let it end with the grader, and adopt orphans."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # the grader reports it
    die_with_parent()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]  # for the student's
        resource.setrlimit(resource.RLIMIT_DATA, (OWN_MEMORY, hard))


def die_with_parent():
    """Let this process be killed when the one that started it ends."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def running():
    """Return the processes that this one, or one of them, has started.

    In the none isolation one may have left its group and lost its parent; it is then a
    child of this process, which has no other children (see prepare_process).
    """
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def memory():
    """Return the bytes of memory that these take together."""
    total = 0
    for process in running():
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def end(process):
    """End a process started here with all that it has started."""
    for _ in range(20):
        for other in (found := running()):
            with contextlib.suppress(psutil.Error):
                other.kill()
        if not found:
            break
        psutil.wait_procs(found, timeout=0.2)
    process.wait()
