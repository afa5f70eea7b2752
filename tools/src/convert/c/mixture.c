/* A mixture of Gaussians: log_prob(z) = ln sum over k of exp(c_k - |y_k|^2 / 2), where y_k is z - m_k
   by the scales of the component, or by a triangle of them and weights. */

#ifndef COUPLET_MIXTURE_C
#define COUPLET_MIXTURE_C

/* ln sum exp of the log-densities of `count` components. */
COUPLET_SHARED float couplet_mixture_join(const float *parts, int count)
{
    float largest = COUPLET_NEGATIVE_INFINITY;
    float sum = 0.0f;
    int k;
    for (k = 0; k < count; k++) {
        if (parts[k] > largest) {
            largest = parts[k];
        }
    }
    if (!(largest > COUPLET_NEGATIVE_INFINITY)) {
        return largest; /* no component is near, or z is not a number */
    }
    for (k = 0; k < count; k++) {
        sum += couplet_exp(parts[k] - largest);
    }
    return largest + couplet_ln(sum);
}

/* The component that u, uniform from 0 to 1, draws: `upto` has the sums of the weights. */
COUPLET_INLINE int couplet_mixture_drawn(const float *upto, int count, float u)
{
    int k = 0;
    while (k < count - 1 && !(u <= upto[k])) {
        k++;
    }
    return k;
}

#endif
