/* The smallest network's training as plain C loops: a floor for what the arithmetic
   costs.  One sample after the other; compiled with -DREAL=double or float. */

#include <math.h>
#include <stdlib.h>

enum { N = 2, H = 32, K = 3 }; /* inputs, hidden neurons, classes */

/* A shuffled order of 0..m-1 (Fisher and Yates), drawn by xorshift64*. */
static void shuffle(int *order, int m, unsigned long long *state)
{
    for (int i = m - 1; i > 0; i--) {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        int j = (int)((*state * 2685821657736338717ULL >> 33) % (i + 1));
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

/* Train W1 (N, H), b1, W2 (H, K), b2 in place; write the mean loss of each epoch. */
int fit(const REAL *X, const long long *y, int m, REAL (*W1)[H], REAL *b1,
        REAL (*W2)[K], REAL *b2, int epochs, int batch, REAL rate, double *history)
{
    unsigned long long state = 88172645463325252ULL;
    int *order = malloc(m * sizeof *order);
    if (!order)
        return 1;
    for (int i = 0; i < m; i++)
        order[i] = i;
    for (int epoch = 0; epoch < epochs; epoch++) {
        double total = 0;
        shuffle(order, m, &state);
        for (int start = 0; start < m; start += batch) {
            int size = m - start < batch ? m - start : batch;
            REAL dW1[N][H] = {{0}}, db1[H] = {0}, dW2[H][K] = {{0}}, db2[K] = {0};
            for (int s = start; s < start + size; s++) {
                const REAL *x = X + order[s] * N;
                long long label = y[order[s]];
                REAL a[H], z[K], dz[K], top, sum = 0;
                for (int j = 0; j < H; j++) {
                    REAL v = b1[j];
                    for (int n = 0; n < N; n++)
                        v += x[n] * W1[n][j];
                    a[j] = v > 0 ? v : 0;
                }
                for (int k = 0; k < K; k++)
                    z[k] = b2[k];
                for (int j = 0; j < H; j++)
                    for (int k = 0; k < K; k++)
                        z[k] += a[j] * W2[j][k];
                top = z[0];
                for (int k = 1; k < K; k++)
                    top = z[k] > top ? z[k] : top;
                for (int k = 0; k < K; k++)
                    sum += dz[k] = EXP(z[k] - top);
                total += top + LOG(sum) - z[label];
                for (int k = 0; k < K; k++) {
                    dz[k] = (dz[k] / sum - (k == label)) / size;
                    db2[k] += dz[k];
                }
                for (int j = 0; j < H; j++) {
                    REAL da = 0;
                    for (int k = 0; k < K; k++) {
                        dW2[j][k] += a[j] * dz[k];
                        da += dz[k] * W2[j][k];
                    }
                    if (a[j] <= 0)
                        da = 0;
                    db1[j] += da;
                    for (int n = 0; n < N; n++)
                        dW1[n][j] += x[n] * da;
                }
            }
            for (int j = 0; j < H; j++) {
                b1[j] -= rate * db1[j];
                for (int n = 0; n < N; n++)
                    W1[n][j] -= rate * dW1[n][j];
                for (int k = 0; k < K; k++)
                    W2[j][k] -= rate * dW2[j][k];
            }
            for (int k = 0; k < K; k++)
                b2[k] -= rate * db2[k];
        }
        history[epoch] = total / m;
    }
    free(order);
    return 0;
}
