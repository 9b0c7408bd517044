"""What in a student's code an instructor may want to look at; it costs no points."""

import ast
import re

SUSPICIONS = {
    r"gradebook": "names the gradebook",
    r"\bsqlite3\b": "uses sqlite3",
    r"\.\./|/submitted\b|\bsubmitted/": "names a folder outside its own",
    r"/etc/|/proc/|\bexpanduser\b|Path\.home": "names a place outside its folder",
    r"\bos\._exit\b|\bos\.kill\b|\bkillpg\b": "ends processes",
    r"\bos\.fork\b|\bsetsid\b|\bsubprocess\b|\bmultiprocessing\b|\bos\.system\b"
    r"|\bPopen\b": "starts processes",
    r"\bctypes\b|\bgc\.|\bimport gc\b": "reaches into Python (ctypes, gc)",
    r"\b_getframe\b|\bcurrentframe\b|\bf_back\b|\bf_locals\b|\bsettrace\b"
    r"|\bsetprofile\b": "looks at the frames of its callers",
    r"\b__code__\b|\b__closure__\b|\b__subclasses__\b": "reaches into functions",
    r"\bsys\.modules\b|\bbuiltins\b|\b__builtins__\b": "changes modules or builtins",
    r"\bast_transformers\b|\binput_transformer|\bdisplay_formatter\b"
    r"|\bevents\.register\b|get_ipython\(\)\.kernel": "changes how IPython runs cells",
    r"\bnnlib\.exercises\b(?! import)|\b(import|from) (exercises|grading)\b"
    r"|\bgrading\.": "names the checks' modules",
    r"\bsocket\b|\burllib\b|\brequests\b": "uses the network",
    r"\b(np|numpy)(\.\w+)*\.(allclose|isclose|array_equal|asarray|abs|isfinite) *=(?!=)"
    r"|\bsetattr\((np|numpy)": "changes NumPy",
    r"\b(Task|check|check_array|Wrong)(\.\w+)* *=(?!=)|\bdef check(_array)?\b"
    r"|\bclass Task\b": "redefines the checks",
}


def suspicions(notebook):
    """Return [(cell number from 1, what it does)] of the student's code cells."""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or about.get("locked"):
            continue
        text = without_comments(cell.source)
        for pattern, what in SUSPICIONS.items():
            if re.search(pattern, text):
                found.append((number, what))
    return found


def without_comments(source):
    """Return the code without comments, or as it is if it cannot be parsed."""
    try:
        return ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
