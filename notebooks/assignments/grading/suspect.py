"""What in a student's code an instructor may want to look at; it costs no points."""

import re

SUSPICIONS = {
    r"gradebook|\bsubmitted/|\.\./|/etc/|/proc/|\bexpanduser\b|Path\.home": (
        "names a place outside its folder"
    ),
    r"\bos\.(_exit|kill|fork|system)\b|\bsetsid\b|\bsubprocess\b|\bmultiprocessing\b": (
        "starts or ends processes"
    ),
    r"\bsocket\b|\burllib\b|\brequests\b": "uses the network",
}


def suspicions(notebook):
    """Return [(cell number from 1, what it does)] of the student's code cells."""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get(
            "locked"
        ):
            text = re.sub(r"#.*", "", cell.source)
            found += [(number, w) for p, w in SUSPICIONS.items() if re.search(p, text)]
    return found
