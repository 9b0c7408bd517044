"""Assignment 06: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "06_evaluation"


def kappa(lines):
    """Return the cell task-1 with the lines that end kappa."""
    return f"""
from nnlib.metrics import ratio


def kappa(C):
    m = C.sum()
    p_o, rows, columns = np.trace(C) / m, C.sum(axis=1) / m, C.sum(axis=0) / m
    {lines}
"""


def thresholds(loop, columns=None):
    """Return the cell task-2 with the body of the loop and the second function's."""
    columns = columns or (
        "return np.array([best_threshold(y == j, Y_hat[:, j])[0] "
        "for j in range(Y_hat.shape[1])])"
    )
    return f"""
def best_threshold(positive, scores):
    best, highest = None, -1
    for t in sorted(scores, reverse=True):
        {loop}
    return best, highest


def class_thresholds(y, Y_hat):
    {columns}
"""


RATE = """called = scores >= t
        TP, FP = (called & positive).sum(), (called & ~positive).sum()
        FN = (~called & positive).sum()
        """
KEEP = """
        if rate > highest:
            best, highest = t, rate"""
F1 = "rate = 2 * TP / (2 * TP + FP + FN)"
RIGHT_LOOP = RATE + F1 + KEEP


def decisions(decide, mean_cost="return float(costs[y, decisions].mean())"):
    """Return the cell task-3 with the bodies of its two functions."""
    return f"""
def decide(Y_hat, costs):
    {decide}


def mean_cost(y, decisions, costs):
    {mean_cost}
"""


RIGHT_DECIDE = "return np.argmin(Y_hat @ costs, axis=1)"


def binned(lines):
    """Return the cell task-4 with the lines that end equal_count_ece."""
    return f"""
from nnlib.metrics import expected_calibration_error


def equal_count_ece(y, Y_hat, n_bins):
    m = len(y)
    confidence, right = Y_hat.max(axis=1), Y_hat.argmax(axis=1) == y
    order = np.argsort(confidence)
    {lines}
"""


TAKE = "return np.concatenate([np.flatnonzero(groups == g) for g in drawn])"


def draw_rows(drawn, take=TAKE):
    """Return the cell task-5 with the lines that draw groups and take their rows."""
    return f"""
def draw_rows(groups, rng):
    names = np.unique(groups)
    {drawn}
    {take}


def grouped_interval(metric, y, y_pred, groups, rng, n_resamples=1000, level=0.95):
    values = []
    for _ in range(n_resamples):
        rows = draw_rows(groups, rng)
        values.append(metric(y[rows], y_pred[rows]))
    outside = (1 - level) / 2
    return tuple(float(q) for q in np.quantile(values, [outside, 1 - outside]))
"""


MISTAKES = [
    Mistake(
        task="check-1",
        why="ratio is meant for counts: it divides by 1 where the whole is below 1.",
        says="ratio is for counts only",
        code=kappa("p_e = rows @ columns; return float(ratio(p_o - p_e, 1 - p_e))"),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="Chance is taken as 1/K, as for classes of equal size.",
        says="p_e is not 1/K",
        code=kappa("p_e = 1 / len(C); return (p_o - p_e) / (1 - p_e)"),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="One axis is used for both shares.",
        says="takes the row sums twice",
        code=kappa(
            "p_e = rows @ rows; return (p_o - p_e) / (1 - p_e) if p_e < 1 else 0.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The rule for 0/0 is forgotten.",
        says="0/0 is to be returned as 0",
        code=kappa("p_e = rows @ columns; return (p_o - p_e) / (1 - p_e)"),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="'Above the threshold' is written as >.",
        says="use >=",
        code=thresholds(RIGHT_LOOP.replace("scores >= t", "scores > t")),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Going upwards, > keeps the first of equal ones, and that is the lowest.",
        says="of equal F1 the highest threshold",
        code=thresholds(RIGHT_LOOP).replace(", reverse=True", ""),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The share of right answers is the usual measure.",
        says="the second number is the accuracy",
        code=thresholds(RATE + "rate = (called == positive).mean()" + KEEP).replace(
            "rate > highest", "rate >= highest"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The best precision is looked for.",
        says="0.9 has the best precision",
        code=thresholds(RATE + "rate = TP / (TP + FP)" + KEEP),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="0.5 is what argmax amounts to for two classes.",
        says="try the thresholds that occur in scores",
        code=thresholds(RIGHT_LOOP.replace("called =", "t = 0.5; called =")),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="The class is decided first, and its cheapest decision taken then.",
        says="not the likeliest alone",
        code=decisions("return costs[Y_hat.argmax(axis=1)].argmin(axis=1)"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="argmax is what one always writes after a product of this kind.",
        says="decisions of highest cost",
        code=decisions("return (Y_hat @ costs).argmax(axis=1)"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The cost table is read as [decision, class].",
        says="the row is the class",
        code=decisions("return (Y_hat @ costs.T).argmin(axis=1)"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The lowest cost is returned in place of its number.",
        says="return which decision has them",
        code=decisions("return (Y_hat @ costs).min(axis=1)"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="costs[y] takes rows, and [:, decisions] then columns of all of them.",
        says="only the entries (y_i, decision_i) count",
        code=decisions(RIGHT_DECIDE, "return costs[y][:, decisions].mean()"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The costs are added up over the samples.",
        says="take the mean over the samples",
        code=decisions(RIGHT_DECIDE, "return costs[y, decisions].sum()"),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="The samples are cut into bins as they come.",
        says="sort them by confidence first",
        code=binned(
            "bins = np.array_split(right - confidence, n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The library's function is called, which has bins of equal width.",
        says="bins of equal width",
        code=binned("return expected_calibration_error(y, Y_hat, n_bins)"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The gaps are averaged over the bins as if all were equally large.",
        says="weighted by the bin's share",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(abs(b.mean()) for b in bins if len(b)) / n_bins"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="An empty bin is not thought of, and its mean is NaN.",
        says="an empty bin adds nothing",
        code=binned(
            "gaps = [(len(b) / m, abs(right[b].mean() - confidence[b].mean()))\n"
            "            for b in np.array_split(order, n_bins)]\n"
            "    return float(sum(n * gap for n, gap in gaps))"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The bars of the formula are taken round the sum.",
        says="gaps of different sign must not cancel",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return abs(sum(b.sum() for b in bins)) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="n_b is not divided by m.",
        says="divide by m",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins)"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Sorting downwards puts the longer bins at the other end.",
        says="the first bins hold the extra samples",
        code=binned(
            "bins = np.array_split((right - confidence)[order[::-1]], n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-1",
        why="Section 4's constant answer is taken for the blind model.",
        says="not the accuracy of the constant answer",
        code=kappa(
            "p_e = rows.max(); return (p_o - p_e) / (1 - p_e) if p_e < 1 else 0.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="A share of agreement is thought of as a number from 0 to 1.",
        says="leave kappa below 0",
        code=kappa(
            "p_e = rows @ columns\n"
            "    return max(0.0, (p_o - p_e) / (1 - p_e)) if p_e < 1 else 0.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="Only the first two classes are counted, as in the example.",
        says="Task 1, three classes",
        code=kappa(
            "p_e = rows[0] * columns[0] + rows[1] * columns[1]\n"
            "    return (p_o - p_e) / (1 - p_e) if p_e < 1 else 0.0"
        ).replace("np.trace(C)", "(C[0, 0] + C[1, 1])"),
        cell="task-1",
    ),
    Mistake(
        task="check-3",
        why="The decision is put first, as it is what one looks up.",
        says="you have exchanged the two",
        code=decisions(RIGHT_DECIDE, "return costs[decisions, y].mean()"),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="The confidences are sorted, and the right answers stay where they were.",
        says="sort the right answers along",
        code=binned(
            "bins = np.array_split(right - np.sort(confidence), n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Bins of ceil(m / B) samples are filled one after the other.",
        says="should hold 2, 2, 1 and 1 samples",
        code=binned(
            "n = -(-m // n_bins)\n"
            "    gap = (right - confidence)[order]\n"
            "    return sum(abs(gap[i : i + n].sum()) for i in range(0, m, n)) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-5",
        why="The lesson's line is kept, and groups is not used.",
        says="draw groups, and take all their samples",
        code=draw_rows(
            "drawn = names",
            "return rng.integers(len(groups), size=len(groups))",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="As many groups are drawn as there are samples.",
        says="as many groups as there are",
        code=draw_rows("drawn = rng.choice(names, size=len(groups))"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="A permutation draws without replacement, so nothing varies.",
        says="draw with replacement",
        code=draw_rows("drawn = rng.permutation(names)"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="np.isin asks whether a group was drawn, and loses how often.",
        says="a group drawn twice must come in twice",
        code=draw_rows(
            "drawn = rng.choice(names, size=len(names))",
            "return np.flatnonzero(np.isin(groups, drawn))",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="A mask picks rows as well, but each only once.",
        says="can take a row only once",
        code=draw_rows(
            "drawn = rng.choice(names, size=len(names))",
            "return np.isin(groups, drawn)",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="One picture of each drawn cat is taken.",
        says="a group came in parts",
        code=draw_rows(
            "drawn = rng.choice(names, size=len(names))",
            "return np.array([np.flatnonzero(groups == g)[0] for g in drawn])",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="Drawing from groups looks like drawing a group.",
        says="whatever its size",
        code=draw_rows("drawn = rng.choice(groups, size=len(names))"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="A generator with a seed is made inside, as everywhere else.",
        says="200 resamples are all the same",
        code=draw_rows(
            "drawn = np.random.default_rng(0).choice(names, size=len(names))"
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="np.random.choice is what most pages on the web show.",
        says="equal seeds give different rows",
        code=draw_rows("drawn = np.random.choice(names, size=len(names))"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The drawn groups' numbers are returned in place of their rows.",
        says="are these the groups' numbers?",
        code=draw_rows(
            "drawn = rng.choice(names, size=len(names))",
            "return drawn",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The groups are taken to be numbered 0, 1, 2.",
        says="the groups need not be 0, 1, 2",
        code=draw_rows("drawn = rng.integers(len(names), size=len(names))"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The rows of each group stay in a list of their own.",
        says="joined into one array",
        code=draw_rows(
            "drawn = rng.choice(names, size=len(names))",
            "return [np.flatnonzero(groups == g) for g in drawn]",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-1",
        why="The sum of products is divided by m once.",
        says="both the row and the column are divided by m",
        code=kappa("p_e = rows @ columns * m; return (p_o - p_e) / (1 - p_e)"),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The brackets of the numerator are forgotten.",
        says="put p_o - p_e in brackets",
        code=kappa(
            "p_e = rows @ columns; return p_o - p_e / (1 - p_e) if p_e < 1 else 0.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="m is taken to be the length of C.",
        says="m is the number of samples",
        code=kappa("p_e = rows @ columns; return (p_o - p_e) / (1 - p_e)").replace(
            "C.sum()\n", "len(C)\n"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The shares are averaged over the classes.",
        says="not their mean",
        code=kappa("p_e = (rows * columns).mean(); return (p_o - p_e) / (1 - p_e)"),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="All pairs of a row and a column are added up.",
        says="column of its own class",
        code=kappa(
            "p_e = np.outer(rows, columns).sum()\n"
            "    return (p_o - p_e) / (1 - p_e) if p_e < 0.999 else 0.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The guard looks at p_o, which is 1 for a perfect model, too.",
        says="here p_o is 1, but p_e is not",
        code=kappa(
            "p_e = rows @ columns\n"
            "    return (p_o - p_e) / (1 - p_e) if p_o < 1 else 0.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="All answers are right, so 1 is returned.",
        says="although all answers are right",
        code=kappa(
            "p_e = rows @ columns; return (p_o - p_e) / (1 - p_e) if p_e < 1 else 1.0"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="F1 is computed from precision and recall, and 0/0 is not thought of.",
        says="F1 is NaN where TP is 0",
        code="""
def best_threshold(positive, scores):
    order, F1 = np.sort(scores)[::-1], []
    for t in order:
        TP = ((scores >= t) & positive).sum()
        P, R = TP / (scores >= t).sum(), TP / positive.sum()
        F1.append(2 * P * R / (P + R))
    return order[np.argmax(F1)], max(F1)


def class_thresholds(y, Y_hat):
    find = lambda j: best_threshold(y == j, Y_hat[:, j])[0]
    return np.array(list(map(find, range(Y_hat.shape[1]))))
""",
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The last score, where all samples are positive, is not tried.",
        says="the lowest score is one of the thresholds",
        code=thresholds(RIGHT_LOOP).replace("reverse=True)", "reverse=True)[:-1]"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="A grid of thresholds is tried in place of the scores.",
        says="the thresholds to try are the scores",
        code=thresholds(RIGHT_LOOP).replace(
            "sorted(scores, reverse=True)", "np.arange(0.95, 0, -0.05)"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The search begins with F1 = 0, which no threshold beats here.",
        says="if every F1 is 0",
        code=thresholds(RIGHT_LOOP).replace("None, -1", "0, 0"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Both of the 2 in F1 are forgotten.",
        says="F1 without both of its 2",
        code=thresholds(RATE + "rate = TP / (TP + FP + FN)" + KEEP),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The 2 in the denominator is forgotten.",
        says="F1 has a 2 below",
        code=thresholds(RATE + "rate = 2 * TP / (TP + FP + FN)" + KEEP),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The 2 in the numerator is forgotten.",
        says="a 2 is missing",
        code=thresholds(RATE + "rate = TP / (2 * TP + FP + FN)" + KEEP),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Precision and recall are averaged.",
        says="not the plain mean",
        code=thresholds(
            RATE + "rate = (TP / (TP + FP) + TP / max(TP + FN, 1)) / 2" + KEEP
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The library's macro mean is called.",
        says="not the macro mean",
        code="from nnlib import metrics\n"
        + thresholds(
            RATE
            + "rate = metrics.macro_f1(positive.astype(int), called.astype(int))"
            + KEEP
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="argmax gives a place, and it is returned as it is.",
        says="not its place in scores",
        code=thresholds(RIGHT_LOOP).replace(
            "return best, highest",
            "return int(np.argmax(scores == best)), highest",
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The middles between neighbours look like the natural thresholds.",
        says="not the middles",
        code=thresholds(RIGHT_LOOP).replace(
            "sorted(scores, reverse=True)",
            "np.convolve(np.sort(scores), [0.5, 0.5], 'valid')[::-1]",
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The scores are sorted, and positive stays as it was.",
        says="scores is sorted here, and positive is not",
        code=thresholds(RIGHT_LOOP).replace(
            "    best, highest = None", "    scores.sort()\n    best, highest = None"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="The decision is returned as a row of expected costs.",
        says="return which decision has the lowest",
        code=decisions("return Y_hat @ costs"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="axis=0 looks for the lowest of each column.",
        says="not of each decision",
        code=decisions("return (Y_hat @ costs).argmin(axis=0)"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="Going through the decisions, <= keeps the last of equal ones.",
        says="of decisions with equal costs, take the first",
        code=decisions(
            "expected = Y_hat @ costs\n"
            "    return [np.flatnonzero(e == e.min())[-1] for e in expected]"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="Two brackets take rows twice.",
        says="in row y_i and column decision_i",
        code=decisions(RIGHT_DECIDE, "return costs[y][decisions].mean()"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The mean is forgotten.",
        says="take their mean",
        code=decisions(RIGHT_DECIDE, "return costs[y, decisions]"),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="np.quantile gives edges that hold about equally many samples.",
        says="should hold 2, 2, 1 and 1 samples",
        code=binned(
            "edges = np.quantile(confidence, np.arange(1, n_bins) / n_bins)\n"
            "    bins = np.searchsorted(edges, confidence)\n"
            "    return np.abs(np.bincount(bins, right - confidence)).sum() / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The gap is taken for each sample.",
        says="the gap is between the two means of a bin",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(np.abs(b).sum() for b in bins) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The rest of the division is left out.",
        says="one sample is left out",
        code=binned(
            "n, gap = m // n_bins, (right - confidence)[order]\n"
            "    bins = [gap[b * n : b * n + n] for b in range(n_bins)]\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="return stands inside the loop.",
        says="this is bin 0 alone",
        code=binned(
            "for b in np.array_split((right - confidence)[order], n_bins):\n"
            "        return abs(b.sum()) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The gaps are squared, as in a loss.",
        says="the gaps are not squared",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(len(b) * b.mean() ** 2 for b in bins if len(b)) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The probability of the label is taken for the confidence.",
        says="not that of the label",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ).replace("Y_hat.max(axis=1)", "Y_hat[np.arange(m), y]"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The axis of max is that of the samples.",
        says="the largest of each row: axis=1",
        code=binned(
            "e = 0\n"
            "    for b in np.array_split(order, n_bins):\n"
            "        e += abs(right[b].mean() - confidence[b].mean()) * len(b) / m\n"
            "    return e"
        ).replace("Y_hat.max(axis=1)", "Y_hat.max(axis=0)"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The predicted class is not compared with the label.",
        says="no answer counts as right",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ).replace("argmax(axis=1) == y", "argmax(axis=1)"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="Wrong answers are counted, as in an error.",
        says="count the right answers",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ).replace("argmax(axis=1) == y", "argmax(axis=1) != y"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The first column is the larger one in the example.",
        says="in whichever column",
        code=binned(
            "bins = np.array_split((right - confidence)[order], n_bins)\n"
            "    return sum(abs(b.sum()) for b in bins) / m"
        ).replace("Y_hat.max(axis=1)", "Y_hat[:, 0]"),
        cell="task-4",
    ),
    Mistake(
        task="check-5",
        why="One group is drawn, and taken G times.",
        says="draw anew each time",
        code=draw_rows("drawn = [rng.choice(names)] * len(names)"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="size is forgotten, so that one group comes.",
        says="only one group is drawn",
        code=draw_rows("drawn = [rng.choice(names)]"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The group is taken to be one block of rows.",
        says="which may be scattered",
        code=draw_rows(
            "drawn = rng.choice(names, size=len(names))",
            "first = {g: np.argmax(groups == g) for g in names}\n"
            "    return np.concatenate(\n"
            "        [first[g] + np.arange((groups == g).sum()) for g in drawn]\n"
            "    )",
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-1",
        why="The diagonal is added up, and not divided by m.",
        says="divide the diagonal's sum by m",
        code=kappa(
            "p_e = rows @ columns; return (p_o - p_e) / (1 - p_e) if p_e < 1 else 0.0"
        ).replace("np.trace(C) / m", "np.trace(C)"),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="The search begins with None and 0, and no threshold is better.",
        says="if every F1 is 0",
        code=thresholds(RIGHT_LOOP).replace("None, -1", "None, 0"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Of the scores as they come, the first with F1 = 0 is kept.",
        says="if every F1 is 0",
        code=thresholds(RIGHT_LOOP).replace("sorted(scores, reverse=True)", "scores"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="return stands inside the loop.",
        says="the first, or the highest, threshold",
        code=thresholds(RIGHT_LOOP + "\n        return best, highest"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Each threshold takes the place of the one before.",
        says="the last, or the lowest, threshold",
        code=thresholds(RIGHT_LOOP.replace("if rate > highest", "if True")),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The comparison is turned round.",
        says="a score of at least the threshold",
        code=thresholds(RIGHT_LOOP.replace("scores >= t", "scores <= t")),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="Right decisions are taken to cost nothing, as in the example.",
        says="a right decision can have a cost",
        code=decisions(
            RIGHT_DECIDE,
            "pairs = zip(y, decisions)\n"
            "    return sum(costs[j, d] for j, d in pairs if j != d) / len(y)",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="return stands inside the loop.",
        says="one sample only",
        code=decisions(
            RIGHT_DECIDE,
            "for j, d in zip(y, decisions):\n        return costs[j, d] / len(y)",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="m // B is the step, which gives three bins in place of two.",
        says="are there three bins",
        code=binned(
            "n, gap = max(m // n_bins, 1), (right - confidence)[order]\n"
            "    return sum(abs(gap[i : i + n].sum()) for i in range(0, m, n)) / m"
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-5",
        why="np.append to an empty array makes floats.",
        says="makes them floats",
        code=draw_rows(
            "rows = np.array([])\n"
            "    for g in rng.choice(names, size=len(names)):\n"
            "        rows = np.append(rows, np.flatnonzero(groups == g))",
            "return rows",
        ),
        cell="task-5",
    ),
]

CORRECT = [
    Alternative(
        what="loops",
        cells={
            "task-1": """
def kappa(C):
    K, m = len(C), 0
    for j in range(K):
        for l in range(K):
            m += C[j][l]
    p_o = sum(C[j][j] for j in range(K)) / m
    p_e = 0
    for j in range(K):
        p_e += sum(C[j]) / m * sum(row[j] for row in C) / m
    return 0 if p_o == 1 and abs(1 - p_e) < 1e-12 else (p_o - p_e) / (1 - p_e)
""",
            "task-2": """
def best_threshold(positive, scores):
    answer = (0, -1)
    for t in scores:
        TP = FP = FN = 0
        for p, s in zip(positive, scores):
            if s >= t and p:
                TP += 1
            elif s >= t:
                FP += 1
            elif p:
                FN += 1
        F = 2 * TP / (2 * TP + FP + FN)
        if F > answer[1] or (F == answer[1] and t > answer[0]):
            answer = (t, F)
    return answer


def class_thresholds(y, Y_hat):
    result = []
    for j in range(Y_hat.shape[1]):
        t, _ = best_threshold([label == j for label in y], Y_hat[:, j].tolist())
        result.append(t)
    return result
""",
            "task-3": """
def decide(Y_hat, costs):
    chosen = []
    for p in Y_hat:
        expected = []
        for d in range(costs.shape[1]):
            expected.append(sum(p[j] * costs[j, d] for j in range(len(p))))
        chosen.append(expected.index(min(expected)))
    return chosen


def mean_cost(y, decisions, costs):
    total = 0
    for j, d in zip(y, decisions):
        total += costs[j, d]
    return total / len(y)
""",
            "task-4": """
def equal_count_ece(y, Y_hat, n_bins):
    m = len(y)
    samples = sorted((max(p), int(np.argmax(p) == c)) for p, c in zip(Y_hat, y))
    ece, start = 0, 0
    for b in range(n_bins):
        n = m // n_bins + (1 if b < m % n_bins else 0)
        if n > 0:
            conf = sum(s[0] for s in samples[start : start + n]) / n
            acc = sum(s[1] for s in samples[start : start + n]) / n
            ece += n / m * abs(acc - conf)
        start += n
    return ece
""",
            "task-5": draw_rows(
                "rows = []\n"
                "    for _ in names:\n"
                "        name = names[int(rng.random() * len(names))]\n"
                "        rows += [i for i in range(len(groups)) if groups[i] == name]",
                "return rows",
            ),
        },
    ),
    Alternative(
        what="einsum, sorting and cumulative sums",
        cells={
            "task-1": """
def kappa(C):
    C = C.astype(int)
    chance = np.einsum("jl,pj->", C, C)
    m2 = C.sum() ** 2
    return (C.sum() * np.trace(C) - chance) / max(m2 - chance, 1)
""",
            "task-2": """
def best_threshold(positive, scores):
    order = np.argsort(-scores, kind="stable")
    s, p = scores[order], np.asarray(positive)[order]
    F1 = 2 * np.cumsum(p) / (np.arange(1, len(s) + 1) + p.sum())
    last = np.append(s[1:] != s[:-1], True)
    F1 = np.where(last, F1, -1)
    return s[F1.argmax()], F1.max()


def class_thresholds(y, Y_hat):
    K = Y_hat.shape[1]
    return np.stack([best_threshold(y == j, Y_hat[:, j])[0] for j in range(K)])
""",
            "task-3": decisions(
                "return np.argmin(np.einsum('ij,jd->id', Y_hat, costs), axis=1)",
                "m, D = len(y), costs.shape[1]\n"
                "    chosen = np.eye(D)[decisions]\n"
                "    return np.einsum('id,id->', costs[y], chosen) / m",
            ),
            "task-4": binned(
                "sizes = np.full(n_bins, m // n_bins)\n"
                "    sizes[: m % n_bins] += 1\n"
                "    number = np.repeat(np.arange(n_bins), sizes)\n"
                "    gap = np.bincount(number, (right * 1.0 - confidence)[order])\n"
                "    return np.abs(gap).sum() / m"
            ),
        },
    ),
    Alternative(
        what="float32",
        cells={
            "task-1": kappa(
                "p_e = rows @ columns; "
                "return np.float32(p_o - p_e) / np.float32(1 - p_e) "
                "if p_e < 1 else np.float32(0)"
            ),
            "task-3": decisions(
                RIGHT_DECIDE, "return costs[y, decisions].astype(np.float32).mean()"
            ),
            "task-4": binned(
                "bins = np.array_split((right - confidence)[order], n_bins)\n"
                "    return np.float32(sum(abs(b.sum()) for b in bins) / m)"
            ),
        },
    ),
    Alternative(
        what="nnlib's metrics and other draws",
        cells={
            "task-2": """
from nnlib import metrics


def best_threshold(positive, scores):
    y, pairs = np.asarray(positive).astype(int), []
    for t in np.unique(scores):
        y_pred = (scores >= t).astype(int)
        pairs.append((metrics.f1(y, y_pred, 2)[1], t))
    F1, t = max(pairs)
    return t, F1


def class_thresholds(y, Y_hat):
    find = lambda j: best_threshold(y == j, Y_hat[:, j])[0]
    return np.array(list(map(find, range(Y_hat.shape[1]))))
""",
            "task-3": decisions(
                "best = (Y_hat[:, :, None] * costs).sum(axis=1)\n"
                "    return np.array([int(np.argmin(row)) for row in best])",
                "return np.mean([costs[j][d] for j, d in zip(y, decisions)])",
            ),
            "task-5": draw_rows(
                "times = rng.multinomial(len(names), np.full(len(names), "
                "1 / len(names)))",
                "return np.repeat(np.arange(len(groups)), "
                "times[np.searchsorted(names, groups)])",
            ),
        },
    ),
    Alternative(
        what="hstack, harmonic mean",
        cells={
            "task-2": thresholds(
                RATE
                + "P, R = TP / (TP + FP), TP / max(TP + FN, 1)\n"
                + "        rate = 2 * P * R / (P + R) if P + R else 0.0"
                + KEEP
            ),
            "task-5": draw_rows(
                "drawn = rng.choice(names, size=len(names))",
                "return np.hstack([np.nonzero(groups == g)[0] for g in drawn])",
            ),
        },
    ),
]
