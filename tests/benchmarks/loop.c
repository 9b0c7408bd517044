/* One epoch of the series' network as plain C loops: a floor for what the arithmetic
   costs.  One sample after the other; compiled with -DREAL=double or float. */

#include <tgmath.h> /* exp and log of REAL */

enum { N = 2, H = 32, K = 3 }; /* inputs, hidden neurons, classes */
typedef struct { REAL W1[N][H], b1[H], W2[H][K], b2[K]; } Parameters;

/* Train P in place on m samples in this order; return the mean loss. */
double epoch(const REAL *X, const long long *y, Parameters *P, const long long *order,
             int m, int batch, REAL rate)
{
    double total = 0;
    for (int start = 0; start < m; start += batch) {
        int size = m - start < batch ? m - start : batch;
        Parameters dP = {0};
        for (int s = start; s < start + size; s++) {
            const REAL *x = X + order[s] * N;
            long long label = y[order[s]];
            REAL a[H], z[K], dz[K], top, sum = 0;
            for (int j = 0; j < H; j++) {
                REAL v = P->b1[j];
                for (int n = 0; n < N; n++)
                    v += x[n] * P->W1[n][j];
                a[j] = v > 0 ? v : 0;
            }
            for (int k = 0; k < K; k++)
                z[k] = P->b2[k];
            for (int j = 0; j < H; j++)
                for (int k = 0; k < K; k++)
                    z[k] += a[j] * P->W2[j][k];
            top = z[0];
            for (int k = 1; k < K; k++)
                top = z[k] > top ? z[k] : top;
            for (int k = 0; k < K; k++)
                sum += dz[k] = exp(z[k] - top);
            total += top + log(sum) - z[label];
            for (int k = 0; k < K; k++)
                dP.b2[k] += dz[k] = (dz[k] / sum - (k == label)) / size;
            for (int j = 0; j < H; j++) {
                REAL da = 0;
                for (int k = 0; k < K; k++) {
                    dP.W2[j][k] += a[j] * dz[k];
                    da += a[j] > 0 ? dz[k] * P->W2[j][k] : 0;
                }
                dP.b1[j] += da;
                for (int n = 0; n < N; n++)
                    dP.W1[n][j] += x[n] * da;
            }
        }
        for (int i = 0; i < N * H + H + H * K + K; i++)
            ((REAL *)P)[i] -= rate * ((REAL *)&dP)[i];
    }
    return total / m;
}
