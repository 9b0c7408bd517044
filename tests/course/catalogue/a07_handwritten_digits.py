"""Assignment 07: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "07_handwritten_digits"


DEAL = """
    n_blocks = -(-m // size)
    order = rng.permutation(n_blocks)
    parts = [[] for _ in range(n_parts)]
    for place, block in enumerate(order):
        rows = range(block * size, min((block + 1) * size, m))
        parts[place % n_parts] += rows
    return [np.array(part, dtype=int) for part in parts]
"""
ROUNDS = """
    pairs = []
    for k in range(1, len(parts)):
        training = [parts[j] for j in range(1, len(parts)) if j != k]
        pairs.append((np.concatenate(training), parts[k]))
    return pairs
"""


def split(deal=DEAL, rounds=ROUNDS):
    """Return the cell task-1 with the bodies of its two functions."""
    return f"""
def deal(m, size, n_parts, rng):
    {deal.strip()}


def rounds(parts):
    {rounds.strip()}
"""


def choice(lines):
    """Return the cell task-2 with the lines that end choose."""
    return f"""
def choose(sizes, losses):
    sizes = np.array(sizes)
    R, means = len(losses), losses.mean(axis=0)
    best = np.lexsort((sizes, means))[0]
    {lines}
"""


SE = "SE = np.sqrt(((losses[:, best] - means[best]) ** 2).sum() / (R - 1) / R)\n    "
LIMIT = SE + "limit = means[best] + SE\n    "
SMALLEST = "sizes[means <= limit].min()"


def compared(lines):
    """Return the cell task-3 with the lines that end gain."""
    return f"""
def gain(y, network, baseline):
    m, right, other = len(y), network == y, baseline == y
    d = right.astype(int) - other.astype(int)
    g = d.mean()
    {lines}
"""


ENDS = "; return g, g - 2 * SE, g + 2 * SE"

SNAPSHOT = "return {name: np.array(P) for name, (P, _) in model.parameters().items()}"
RESTORE = """
    own = model.parameters()
    if numbers.keys() != own.keys():
        raise ValueError("other names")
    for name in own:
        if numbers[name].shape != own[name][0].shape:
            raise ValueError("other shapes")
        if not np.isfinite(numbers[name]).all():
            raise ValueError("not finite")
    for name in own:
        own[name][0][:] = numbers[name]
"""


def kept(snapshot=SNAPSHOT, restore=RESTORE):
    """Return the cell task-4 with the bodies of its two functions."""
    return f"""
def snapshot(model):
    {snapshot.strip()}


def restore(model, numbers):
    {restore.strip()}
"""


MISTAKES = [
    Mistake(
        task="check-1",
        why="The rows are shuffled, as for a plain split.",
        says="a block came in parts",
        code=split(
            "rows = rng.permutation(m)\n    "
            "return [rows[k::n_parts] for k in range(n_parts)]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="Each part shuffles anew.",
        says="shuffle once",
        code=split(
            DEAL.replace(
                "for place, block in enumerate(order):",
                "for place in range(n_blocks):\n        "
                "block = rng.permutation(n_blocks)[place]",
            )
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The shuffled rows are cut once, into n_parts pieces.",
        says="a block came in parts",
        code=split("return np.array_split(rng.permutation(m), n_parts)"),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The blocks are dealt without a shuffle.",
        says="another rng deals the blocks in the same way",
        code=split(DEAL.replace("rng.permutation(n_blocks)", "range(n_blocks)")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The number of blocks is rounded down.",
        says="the rows of the last, shorter block are in no part",
        code=split(DEAL.replace("-(-m // size)", "m // size")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The global generator shuffles.",
        says="use rng alone",
        code=split(DEAL.replace("rng.perm", "np.random.perm")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="A generator of the function's own shuffles.",
        says="another rng deals the blocks in the same way",
        code=split(DEAL.replace("rng.perm", "np.random.default_rng(0).perm")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The numbers of the blocks are returned for the rows in them.",
        says="these are the numbers of the blocks",
        code=split(
            "return [rng.permutation(-(-m // size))[k::n_parts] "
            "for k in range(n_parts)]".replace("rng", "np.random.default_rng(0)")
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="Each block goes to a part drawn for it.",
        says="deal them in turn, beginning with part 0",
        code=split(DEAL.replace("place % n_parts", "rng.integers(n_parts)")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="Blocks are drawn with replacement.",
        says="do not draw with replacement",
        code=split(
            DEAL.replace("permutation(n_blocks)", "integers(n_blocks, size=n_blocks)")
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The dealing begins with part 1.",
        says="deal them in turn, beginning with part 0",
        code=split(DEAL.replace("place %", "(place + 1) %")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The last block stays where it is, so that it is dealt last.",
        says="come into part 0 more often than others",
        code=split(
            DEAL.replace(
                "rng.permutation(n_blocks)",
                "[*rng.permutation(n_blocks - 1), n_blocks - 1]",
            )
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The blocks of a part are not joined.",
        says="each part should be one array of integers",
        code=split(
            "blocks = np.split(np.arange(m), range(size, m, size))\n"
            "    order = rng.permutation(len(blocks)).tolist()\n"
            "    return [[blocks[b].tolist() for b in order[k::n_parts]]\n"
            "            for k in range(n_parts)]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="All other parts are for training, the test among them.",
        says="a leak: rows of part 0",
        code=split(
            rounds=ROUNDS.replace(
                "in range(1, len(parts)) if", "in range(len(parts)) if"
            )
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The part held is not taken out.",
        says="a leak: rows that are held",
        code=split(rounds=ROUNDS.replace(" if j != k", "")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="Part 0 is held, too.",
        says="there are four rounds, expected 3",
        code=split(rounds=ROUNDS.replace("for k in range(1,", "for k in range(0,")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The last part is forgotten.",
        says="there are 2 rounds, expected 3",
        code=split(
            rounds=ROUNDS.replace(
                "for k in range(1, len(parts))", "for k in range(1, len(parts) - 1)"
            )
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The pair is exchanged.",
        says="the pair is (training, held)",
        code=split(
            rounds=ROUNDS.replace(
                "(np.concatenate(training), parts[k])",
                "(parts[k], np.concatenate(training))",
            )
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The sum of arrays adds them, where that of lists joins.",
        says="+ adds arrays",
        code=split(rounds=ROUNDS.replace("np.concatenate(training)", "sum(training)")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The test is taken out of the caller's own list.",
        says="rounds changes the list parts",
        code=split(
            rounds="parts.pop(0)\n    return [(np.concatenate([q for j, q in enumerate"
            "(parts) if j != k]), part) for k, part in enumerate(parts)]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The file is cut into equal pieces, not into blocks of the size asked for.",
        says="whole blocks of `size` rows",
        code=split(
            "blocks = np.array_split(np.arange(m), -(-m // size))\n    "
            "order = rng.permutation(len(blocks))\n    "
            "return [np.concatenate([blocks[b] for b in order[k::n_parts]])\n"
            "            for k in range(n_parts)]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The blocks of a part are not joined, arrays of unequal length.",
        says="np.concatenate joins",
        code=split(
            "blocks = np.split(np.arange(m), range(size, m, size))\n"
            "    rng.shuffle(blocks)\n"
            "    return [blocks[k::n_parts] for k in range(n_parts)]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="All parts are one and the same list.",
        says="give each part a list of its own",
        code=split(DEAL.replace("[[] for _ in range(n_parts)]", "[[]] * n_parts")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The parts for training are not joined.",
        says="training in round 1 should be one array of integers",
        code=split(rounds=ROUNDS.replace("np.concatenate(training)", "training")),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="An empty array begins the joining and makes floats of the row numbers.",
        says="training in round 1 should be one array of integers",
        code=split(
            rounds=ROUNDS.replace(
                "np.concatenate(training)", "np.concatenate([np.array([]), *training])"
            )
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="The best size is returned; there is no rule.",
        says="smaller sizes than the best are within one SE",
        code=choice("return sizes[best], means[best]"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The best size is returned, with the right limit.",
        says="the smallest is wanted",
        code=choice(LIMIT + "return sizes[best], limit"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The largest size within the limit is taken.",
        says="the smallest is wanted",
        code=choice(LIMIT + "return sizes[means <= limit].max(), limit"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The first size within the limit is taken, as if the list were sorted.",
        says="the smallest is wanted",
        code=choice(LIMIT + "return sizes[means <= limit][0], limit"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The spread itself is taken for the standard error.",
        says="is s divided by the root of R",
        code=choice(
            "limit = means[best] + losses[:, best].std(ddof=1)\n    "
            f"return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="np.std divides by R.",
        says="s^2 divides by R - 1",
        code=choice(
            "limit = means[best] + losses[:, best].std() / np.sqrt(R)\n    "
            f"return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="np.std divides by R, and the root of R is forgotten.",
        says="SE is s / root of R",
        code=choice(
            f"limit = means[best] + losses[:, best].std(); return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Each size is given its own SE.",
        says="the losses of the best size alone",
        code=choice(
            LIMIT + "own = losses.std(axis=0, ddof=1) / np.sqrt(R)\n    "
            "return sizes[means - own <= means[best]].min(), limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The limit is left at the SE.",
        says="this is the SE",
        code=choice(LIMIT + f"return {SMALLEST}, SE"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The mean loss of the size chosen is returned.",
        says="the mean of the size chosen",
        code=choice(
            LIMIT + f"size = {SMALLEST}\n    return size, means[sizes == size][0]"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The place in the list is returned for the size.",
        says="3 is the place of the size",
        code=choice(
            LIMIT + f"return int(np.flatnonzero(sizes == {SMALLEST})[0]), limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The pair is exchanged.",
        says="in this order",
        code=choice(LIMIT + f"return limit, {SMALLEST}"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The mean is taken over the sizes.",
        says="take the mean over axis 0",
        code=choice(
            "means = losses.mean(axis=1); best = means.argmin()\n    "
            "SE = losses[:, best].std(ddof=1) / np.sqrt(R)\n    "
            f"limit = means[best] + SE; return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="argmin takes the first of equal means.",
        says="the smaller one is the best",
        code=choice(f"best = means.argmin(); {LIMIT}return {SMALLEST}, limit"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Below the limit is asked, at most is meant.",
        says="a mean that equals the limit is within it",
        code=choice(LIMIT + "return sizes[means < limit].min(), limit"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Two standard errors are added, as for an interval.",
        says="one SE added, not two",
        code=choice(LIMIT.replace("+ SE", "+ 2 * SE") + f"return {SMALLEST}, limit"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The columns are sorted in the caller's own table.",
        says="choose changes sizes or losses",
        code="""
def choose(sizes, losses):
    order = np.argsort(sizes)
    losses[...] = losses[:, order]
    sizes.sort()
    means = losses.mean(axis=0)
    column = losses[:, means.argmin()]
    limit = means.min() + column.std(ddof=1) / np.sqrt(len(column))
    return min(n for n, v in zip(sizes, means) if v <= limit), limit
""",
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="s is divided by R.",
        says="or s / R without a root",
        code=choice(
            "limit = means[best] + losses[:, best].std(ddof=1) / R\n    "
            f"return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The variance is taken for the spread.",
        says="a root is missing",
        code=choice(
            "limit = means[best] + losses[:, best].var(ddof=1) / np.sqrt(R)\n    "
            f"return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The last root is forgotten.",
        says="a root is missing",
        code=choice(
            "limit = means[best] + losses[:, best].var(ddof=1) / R\n    "
            f"return {SMALLEST}, limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="There is a limit for each size.",
        says="a pair of two numbers",
        code=choice(
            "limit = means + losses.std(axis=0, ddof=1) / np.sqrt(R)\n    "
            "return sizes[means <= limit[best]].min(), limit"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="The two standard errors are put together as for two test sets.",
        says="take the spread of the d_i",
        code=compared(
            "SE = np.sqrt((right.var() + other.var()) / m)" + ENDS,
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The difference is turned round.",
        says="this is baseline minus network",
        code=compared("g = -g; SE = d.std() / np.sqrt(m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The root of m is forgotten.",
        says="s must be divided by the root of m",
        code=compared("SE = d.std()" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="s is divided by m.",
        says="s must be divided by the root of m",
        code=compared("SE = d.std() / m" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The variance is taken for the spread.",
        says="a root is missing",
        code=compared("SE = d.var() / np.sqrt(m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The mean is not subtracted.",
        says="subtract g from the d_i",
        code=compared("SE = np.sqrt((d**2).mean() / m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The sum is divided by m - 1.",
        says="s^2 divides by m here",
        code=compared("SE = d.std(ddof=1) / np.sqrt(m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="One standard error in place of two.",
        says="not 1 SE",
        code=compared("SE = d.std() / np.sqrt(m); return g, g - SE, g + SE"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The normal distribution's own factor is used.",
        says="not 1.96",
        code=compared("SE = 0.98 * d.std() / np.sqrt(m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The triple is put in the order of the numbers.",
        says="in this order",
        code=compared("SE = d.std() / np.sqrt(m); return g - 2 * SE, g, g + 2 * SE"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The answers are compared with each other, not with y.",
        says="compare each answer with y",
        code=compared(
            "d = (network != baseline).astype(int); g = d.mean()\n    "
            "SE = d.std() / np.sqrt(m)" + ENDS
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="Only the images count where one of the two is right.",
        says="all m images count",
        code=compared(
            "d = d[d != 0]; g = d.mean(); SE = d.std() / np.sqrt(len(d))" + ENDS
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The size of each difference is taken.",
        says="d is -1",
        code=compared("d = abs(d); g = d.mean(); SE = d.std() / np.sqrt(m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="Only the images where the network alone is right count.",
        says="d is -1",
        code=compared(
            "d = (right & ~other).astype(int); g = d.mean()\n    "
            "SE = d.std() / np.sqrt(m)" + ENDS
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The gain is the number of images, not their share.",
        says="g is the mean of the d_i",
        code=compared("g = d.sum(); SE = d.std() * np.sqrt(m)" + ENDS),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="A gain is thought to lie between 0 and 1.",
        says="leave the interval as it is",
        code=compared(
            "SE = d.std() / np.sqrt(m); return g, max(g - 2 * SE, 0), g + 2 * SE"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="True minus True is refused by NumPy.",
        says="numpy boolean subtract",
        code=compared("d = right - other; return d.mean(), 0, 0"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The network is right: 1, whether the baseline is right or not.",
        says="where both are right, d is 0",
        code=compared(
            "d = np.where(right, 1, np.where(other, -1, 0)); g = d.mean()\n    "
            "SE = d.std() / np.sqrt(m)" + ENDS
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="Where the baseline is right, -1 replaces the 1.",
        says="where both are right, d is 0",
        code=compared(
            "d = np.where(other, -1, np.where(right, 1, 0)); g = d.mean()\n    "
            "SE = d.std() / np.sqrt(m)" + ENDS
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The interval is a pair of its own.",
        says="gain should return three numbers",
        code=compared("SE = d.std() / np.sqrt(m); return g, (g - 2 * SE, g + 2 * SE)"),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="The snapshot holds the model's own arrays.",
        says="it needs copies of the arrays",
        code=kept(SNAPSHOT.replace("np.array(P)", "P")),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The gradients are not taken out.",
        says="parameters() gives pairs",
        code=kept("return dict(model.parameters())"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The gradients are taken, which are None.",
        says="parameters() gives pairs",
        code=kept("return {name: dP for name, (_, dP) in model.parameters().items()}"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The arrays are taken out of the caller's dict.",
        says="restore changes the dict",
        code=kept(restore=RESTORE.replace("= numbers[name]", "= numbers.pop(name)")),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Only the weights are kept.",
        says="the snapshot lacks 0.b, 2.b",
        code=kept(
            "return {f'{i}.W': layer.W.copy() for i, layer in enumerate(model.layers)"
            " if hasattr(layer, 'W')}"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The Dense layers are numbered, where their places count.",
        says="the snapshot lacks 2.W, 2.b",
        code=kept(
            "dense = [layer for layer in model.layers if isinstance(layer, Dense)]\n"
            "    return {f'{i}.{name}': P.copy() for i, layer in enumerate(dense)\n"
            "            for name, (P, _) in layer.parameters().items()}"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The lesson's short load: nothing is looked at.",
        says="restore raised KeyError, expected ValueError",
        code=kept(
            restore="for name, (P, _) in model.parameters().items():\n"
            "        P[...] = numbers[name]"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Each array is set as soon as it was looked at.",
        says="look at all of the names and arrays first",
        code=kept(
            restore="""
    own = model.parameters()
    if numbers.keys() != own.keys():
        raise ValueError("other names")
    for name, (P, _) in own.items():
        if numbers[name].shape != P.shape or not np.isfinite(numbers[name]).all():
            raise ValueError(name)
        P[...] = numbers[name]
"""
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The model takes the arrays of the dict as its own.",
        says="training the restored model changes the dict",
        code=kept(
            restore=RESTORE.replace(
                "own[name][0][:] = numbers[name]",
                "place, letter = name.split('.')\n        "
                "setattr(model.layers[int(place)], letter, numbers[name])",
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The name is bound anew, and the model keeps its numbers.",
        says="restore leaves the model as it was",
        code=kept(
            restore=RESTORE.replace(
                "own[name][0][:] = numbers[name]",
                "P, dP = own[name]\n        P = numbers[name].copy()",
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Only missing names are looked for.",
        says="restore took a dict with 4.W",
        code=kept(
            restore=RESTORE.replace(
                "numbers.keys() != own.keys()", "not own.keys() <= numbers.keys()"
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Only names that are too many are looked for.",
        says="restore raised KeyError, expected ValueError",
        code=kept(
            restore=RESTORE.replace(
                "numbers.keys() != own.keys()", "not numbers.keys() <= own.keys()"
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The names are counted, not compared.",
        says="a dict with 2.c in place of 2.b: restore raised KeyError",
        code=kept(
            restore=RESTORE.replace(
                "numbers.keys() != own.keys()", "len(numbers) != len(own)"
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="NumPy is trusted to refuse other shapes.",
        says="restore took a b of shape (1, 1)",
        code=kept(
            restore=RESTORE.replace(
                "numbers[name].shape != own[name][0].shape", "False"
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The sizes are compared, not the shapes.",
        says="restore took a b of shape (4,)",
        code=kept(restore=RESTORE.replace(".shape", ".size")),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Nobody asks whether the numbers are finite.",
        says="restore took a b that holds nan",
        code=kept(restore=RESTORE.replace("np.isfinite(numbers[name]).all()", "True")),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="NaN is looked for, and inf is not.",
        says="restore took a b that holds inf",
        code=kept(
            restore=RESTORE.replace(
                "not np.isfinite(numbers[name]).all()", "np.isnan(numbers[name]).any()"
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="assert raises another error.",
        says="restore raised AssertionError, expected ValueError",
        code=kept(
            restore="assert numbers.keys() == model.parameters().keys()\n    "
            + RESTORE.strip()
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="What does not fit is told and passed over.",
        says="it should raise ValueError",
        code=kept(
            restore=RESTORE.replace(
                'raise ValueError("other names")', "print('names'); return"
            )
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="It refuses everything.",
        says="restore refuses a dict that fits",
        code=kept(restore="raise ValueError('does not fit')"),
        cell="task-4",
    ),
]

CORRECT = [
    Alternative(
        cells={
            "task-1": """
def deal(m, size, n_parts, rng):
    block_of = np.arange(m) // size
    names = np.unique(block_of)
    rng.shuffle(names)
    turn = np.empty(len(names), dtype=int)
    turn[names] = np.arange(len(names)) % n_parts
    return [np.flatnonzero(turn[block_of] == k) for k in range(n_parts)]


def rounds(parts):
    usable = np.concatenate(parts[1:])
    return [[np.setdiff1d(usable, held), held] for held in parts[1:]]
""",
            "task-2": """
def choose(sizes, losses):
    order = np.argsort(sizes)
    sizes, losses = np.asarray(sizes)[order], losses[:, order]
    means = np.mean(losses, axis=0)
    column = losses[:, np.argmin(means)]
    s = np.sqrt(np.sum((column - column.mean()) ** 2) / (len(column) - 1))
    limit = means.min() + s / len(column) ** 0.5
    return sizes[np.argmax(means <= limit)], limit
""",
        },
        what="arrays throughout",
    ),
    Alternative(
        cells={
            "task-1": split(
                """
    blocks = [list(range(a, min(a + size, m))) for a in range(0, m, size)]
    parts = [[] for _ in range(n_parts)]
    k = 0
    while blocks:
        block = blocks.pop(int(rng.integers(len(blocks))))
        parts[k].extend(block)
        k = (k + 1) % n_parts
    return [np.array(part) for part in parts]
"""
            ),
            "task-3": """
def gain(y, network, baseline):
    d = []
    for t, a, b in zip(y, network, baseline):
        d.append(int(a == t) - int(b == t))
    g = sum(d) / len(d)
    s2 = sum((x - g) ** 2 for x in d) / len(d)
    SE = (s2 / len(d)) ** 0.5
    return [g, g - 2 * SE, g + 2 * SE]
""",
        },
        what="loops",
    ),
    Alternative(
        cells={
            "task-1": split(
                """
    blocks = np.array_split(np.arange(m), np.arange(size, m, size))
    shuffled = [blocks[i] for i in rng.permutation(len(blocks))]
    dealt = np.array_split(np.arange(len(blocks)), n_parts)
    return [np.concatenate([shuffled[i] for i in part]) for part in dealt]
"""
            ),
            "task-3": """
from nnlib.metrics import accuracy


def gain(y, network, baseline):
    m = len(y)
    g = accuracy(y, network) - accuracy(y, baseline)
    n = np.sum((network == y) != (baseline == y))
    SE = np.sqrt((n / m - g**2) / m)
    return np.array([g, g - 2 * SE, g + 2 * SE])
""",
        },
        what="counts, and pieces of the shuffled blocks",
    ),
    Alternative(
        cells={
            "task-2": """
import statistics


def choose(sizes, losses):
    columns = {n: losses[:, k].tolist() for k, n in enumerate(sizes)}
    best = min(sorted(columns), key=lambda n: statistics.fmean(columns[n]))
    SE = statistics.stdev(columns[best]) / len(losses) ** 0.5
    limit = statistics.fmean(columns[best]) + SE
    for n in sorted(columns):
        if statistics.fmean(columns[n]) <= limit:
            return n, limit
""",
            "task-4": """
import copy


def snapshot(model):
    numbers = {}
    for place, layer in enumerate(model.layers):
        if isinstance(layer, Dense):
            numbers[f"{place}.W"] = np.array(layer.W)
            numbers[f"{place}.b"] = np.array(layer.b)
    return numbers


def restore(model, numbers):
    expected = snapshot(model)
    if sorted(numbers) != sorted(expected):
        raise ValueError("names")
    if any(numbers[n].shape != expected[n].shape for n in expected):
        raise ValueError("shapes")
    if not all(np.isfinite(numbers[n]).all() for n in expected):
        raise ValueError("finite")
    for name in expected:
        place, letter = name.split(".")
        setattr(model.layers[int(place)], letter, numbers[name].copy())
""",
        },
        what="the standard library, attributes set anew",
    ),
    Alternative(
        cells={
            "task-4": """
class Unfit(ValueError):
    pass


def snapshot(model):
    return {k: 1.0 * v[0] for k, v in model.parameters().items()}


def restore(model, numbers):
    old = snapshot(model)
    try:
        if len(numbers) != len(old):
            raise Unfit("names")
        for name, (P, _) in model.parameters().items():
            if name not in numbers or numbers[name].shape != P.shape:
                raise Unfit(name)
            P[...] = numbers[name]
            if not np.isfinite(P).all():
                raise Unfit(name)
    except Unfit:
        for name, (P, _) in model.parameters().items():
            P[...] = old[name]
        raise
""",
        },
        what="set first, and put back",
    ),
]
