"""Close the system around a submission's kernel, as far as the machine allows it.

``bwrap`` (bubblewrap) and ``unshare`` (util-linux) give the kernel a file system with
Python, nnlib, ``inside`` and its own folder in it and nothing else, no network, and
process numbers of its own, so that all its processes end with it.  ``none`` starts it
as it is, in an empty environment; its processes are found and ended afterwards.
"""

import contextlib
import ctypes
import functools
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil

import nnlib

INSIDE = Path(__file__).resolve().parent / "inside"
KINDS = ("bwrap", "unshare", "none")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix")
TEMPORARY = Path(os.path.realpath("/tmp"))
DEVICES = ("null", "zero", "full", "random", "urandom")
KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
TMP_BYTES = 256 * 2**20  # of /tmp, and of the folder that holds it
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
IN_WORDS = {
    "bwrap": "bubblewrap: no network, no files but the submission's own, all processes"
    " ended with it",
    "unshare": "unshare: no network, no files but the submission's own, all processes"
    " ended with it",
    "none": "NONE: submissions could use the network and read and change your files",
}


def choose(wanted):
    """Return the isolation to use: the wanted one, or the best that works here.

    Raises:
        RuntimeError: there is none but "none", which must be asked for; or the wanted
            one does not work on this machine.
    """
    kinds = [kind for kind in KINDS if kind != "none"] if wanted == "auto" else [wanted]
    for kind in kinds:
        if works(kind):
            return kind
    if wanted == "auto":
        raise RuntimeError(
            "Submissions cannot be closed in on this machine: neither bwrap nor unshare"
            " works. Install bubblewrap (apt install bubblewrap). Or, if you would run "
            "the submissions yourself, with your network and your files, say so: "
            "--isolation none"
        )
    raise RuntimeError(
        f"--isolation {wanted} does not work here: is it installed, and may processes "
        "of yours make user namespaces? --isolation auto takes what works."
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
    if kind == "none":
        return True
    if not sys.platform.startswith("linux") or not shutil.which(kind):
        return False
    folder = TEMPORARY / f"nn-{os.getpid()}-probe"
    folder.mkdir(exist_ok=True)
    try:
        test = [sys.executable, "-c", "import grading.inside.student"]
        found = subprocess.run(
            command(kind, folder, test),
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        return found.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
    kept = {}
    for path in sorted({*found} - {Path("/")}, key=lambda path: len(path.parts)):
        real = path.resolve()
        above = [
            p
            for p in path.parents
            if p in kept and kept[p] / path.relative_to(p) == real
        ]
        if not above:
            kept[path] = real
    return kept


def command(kind, folder, arguments):
    """Return the command that runs arguments, closed in, with folder to write to."""
    if kind == "bwrap":
        closed = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
        closed += ["--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]
        for place in ("/tmp", "/dev/shm"):
            closed += ["--size", str(TMP_BYTES), "--tmpfs", place]
        for place in kernel_settings():
            closed += ["--ro-bind", place, place]
        for path, real in needed().items():
            closed += ["--ro-bind", str(real), str(path)]
        closed += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
        closed += ["--remount-ro", "/dev", "--remount-ro", "/"]
        return [*closed, *arguments]
    if kind == "unshare":
        closed = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--ipc"]
        closed += ["--pid", "--fork", "--kill-child=KILL"]
        return [*closed, "sh", "-c", root_script(), "sh", str(folder), *arguments]
    return list(arguments)


def kernel_settings():
    """Return the places in /proc through which root could change the machine."""
    places = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")
    return [place for place in places if os.path.exists(place)]


def root_script():
    """Return the shell script that makes a root folder, and gives up all rights in it.

    Its arguments are the folder to write to, and the command to run.
    """
    lines = ["set -e", 'root="$1/.root"', 'mkdir -p "$root"']
    lines += [f'mount -t tmpfs -o size={TMP_BYTES} none "$root"']
    lines += ['mkdir "$root/tmp" "$root/proc" "$root/dev"']
    for path, real in needed().items():
        there = f'"$root"{shlex.quote(str(path))}'
        lines.append(f"mkdir -p {there}")
        lines.append(f"mount --rbind {shlex.quote(str(real))} {there}")
        lines.append(f"mount -o remount,bind,ro {there} || true")
    lines += ['mount -t proc proc "$root/proc"', 'mkdir "$root/dev/shm"']
    for place in kernel_settings():
        there = f'"$root{place}"'
        lines += [f"mount --bind {there} {there}"]
        lines += [f"mount -o remount,bind,ro {there}"]
    for name in DEVICES:
        there = f'"$root/dev/{name}"'
        lines += [f"touch {there}", f"mount --bind /dev/{name} {there}"]
    lines += ['mkdir -p "$root$1"', 'mount --rbind "$1" "$root$1"']
    lines += ['mount -t tmpfs -o ro none "$root$1/.root"', 'cd "$root"']
    lines += ['folder="$1"', "shift"]
    rights = "setpriv --bounding-set=-all --inh-caps=-all --no-new-privs"
    inner = """sh -c 'cd "$0" && exec "$@"'"""
    lines += [f'exec chroot . {rights} {inner} "$folder" "$@"']
    return "\n".join(lines)


def environment(folder):
    """Return the variables that a submission sees: nothing that could be a secret."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    home = str(folder / "home")
    kept |= {"HOME": home, "TMPDIR": "/tmp", "IPYTHONDIR": f"{home}/.ipython"}
    kept |= {"MPLCONFIGDIR": f"{home}/mpl", "PYTHONDONTWRITEBYTECODE": "1"}
    kept |= {"JUPYTER_RUNTIME_DIR": f"{home}/run", "JUPYTER_PLATFORM_DIRS": "1"}
    kept |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    # pip fails at once, where it would wait for a network
    kept |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    # what runs in there, and this nnlib, even if another one, or none, is installed
    places = [Path(nnlib.__file__).resolve().parents[1], INSIDE.parents[1]]
    kept["PYTHONPATH"] = os.pathsep.join(map(str, places))
    return kept | dict.fromkeys(THREADS, "1")


def start(kind, folder, arguments, cwd):
    """Start arguments in the sandbox, in a process group of its own."""
    inner = ["sh", "-c", 'cd "$0" && exec "$@"', str(cwd), *arguments]
    with open(folder / "stderr.txt", "wb") as errors:
        return subprocess.Popen(
            command(kind, folder, inner),
            env=environment(folder),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def remove(folder):
    """Remove a folder that a submission wrote to, however deep it is."""
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        subprocess.run([*command, "--", str(folder)], stderr=subprocess.DEVNULL)


def sweep():
    """Remove the folders of graders that were killed; a name tells the process."""
    for path in TEMPORARY.glob("nn-*-*"):
        number = path.name.split("-")[1]
        with contextlib.suppress(OSError):
            mine = path.lstat().st_uid == os.getuid()
            if mine and number.isdigit() and not psutil.pid_exists(int(number)):
                remove(path)


def prepare_process():
    """Let this process end with the grader, and adopt its descendants' orphans.

    As their parent it finds and ends those that left its group (see ``end``).
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # the grader reports it
    die_with_parent()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def die_with_parent():
    """Let this process be killed when the one that started it ends."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def end(process):
    """End a process started here, its group and all its descendants.

    In the none isolation a descendant may have left the group and lost its parent; it
    is then a child of this process, which has no other children (see prepare_process).
    """
    for _ in range(20):
        running = psutil.Process().children(recursive=True)
        running = [x for x in running if x.status() != psutil.STATUS_ZOMBIE]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for other in running:
            with contextlib.suppress(psutil.Error):
                other.kill()
        if not running:
            break
        psutil.wait_procs(running, timeout=0.2)
    process.wait()
