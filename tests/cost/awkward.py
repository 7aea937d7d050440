"""Models in which a rule finds less than it looks for: maxima alike, cases, factors that are literally 0, names."""

AWKWARD = {
    "two equal maxima": """
        index i in 1..n
        param x[i], y
        a = max(i, x[i])
        b = max(i, x[i])
        loss E = a + y*b^2
    """,
    "a maximum and the least of the negatives": """
        index i in 1..n
        param x[i], y
        a = max(i, -x[i])
        b = min(i, x[i])
        loss E = a + y*b^2
    """,
    "the same maximum for each index": """
        index i in 1..n, k in 1..m
        param x[i], y[k]
        a[k] = max(i, x[i])
        b[1] = a[1]
        b[k] = max(i, x[i]) + y[k]
        loss E = sum(k, y[k]*a[k] + b[k]^2)
    """,
    "σ in one case, and in a sum in another": """
        index i in 1..n, k in 2..n
        input x[i]
        param w
        s[1] = sigmoid(w)
        s[k] = 3 + sigmoid(x[k])
        loss E = (1 - s[1])*w + sum(k, s[k])
    """,
    "σ after a case of two conditions": """
        index i in 1..n
        input x[i]
        param w
        s[i] = where(1 <= i and i < 3, w, sigmoid(w*x[i-2]))
        loss E = sum(i if i >= 3, (1 - s[i])^2 + s[i]) + sum(i, s[i])
    """,
    "a logarithm where a factor isn't 0, and below it everywhere": """
        index i in 1..n
        input x[i]
        param w
        a[i] = where(i > 2, log(3 + x[i]^2), 0)*w
        b[i] = a[i]/log(3 + x[i]^2)
        loss E = sum(i, b[i]^2)
    """,
    "a maximum in two cases, each with a position of its own": """
        index i in 1..n, k in 1..n
        input y[i]
        param A[i,k]
        a[i] = where(i > 1, max(k, A[i,k]*y[k]), max(k, A[i,k] - y[k]))
        loss E = sum(i, a[i]^2)
    """,
    "a factor that has no value where the sum is empty": """
        index i in 1..n, k in 1..n
        input x[i]
        param c[i]
        a[i] = sum(k if k < i, x[i-1]*c[k])
        loss E = sum(i, a[i]^2)
    """,
    "a recurrence that is literally 0": """
        index i in 1..n, l in 2..n
        input x[i]
        param c[i]
        a[1] = 0
        a[l] = a[l-1]*exp(-x[l])
        b[i] = a[i]*c[i]
        loss E = sum(i, a[i]*b[i]) - sum(i, b[i]*sqrt(2 + c[i]^2)) + sum(i, c[i])
    """,
    "a recurrence that is literally 0 but at its start": """
        index i in 1..n, l in 2..n
        input x[i]
        param c[i]
        a[1] = c[1]
        a[l] = where(l > 2, a[l-1]*exp(-x[l]), 0)
        b[i] = a[i]*c[i]
        loss E = sum(i, a[i]*b[i]) - sum(i, b[i]*sqrt(2 + c[i]^2)) + sum(i, c[i])
    """,
    "an author's names that lines might take": """
        index i in 1..d, j in 1..l
        input x[i]
        target y[j]
        param v[i,j], s_e[j], s_c[j], r_u[j]
        s[j] = sigmoid(sum(i, v[i,j]*x[i]))
        r[j] = 1/(2 + s_e[j]^2 + exp(s_c[j]))
        loss E = 1/2*sum(j, (s[j] - y[j])^2) + sum(j, s[j]*r[j]*r_u[j])
    """,
    "sums whose only positive term isn't there along an edge": """
        index i in 1..n, j in 1..m, k in 2..n, l in 2..m
        input x[i]
        param A[i,j], w
        g[1,j] = 1
        g[k,1] = 0
        g[k,l] = g[k-1,l]*A[k,l] - g[k,l-1]*w
        h[i] = where(i < n, g[i,m]*g[i+1,1], g[i,1])
        loss E = sum(i, h[i]*x[i]) + sum(i, j, g[i,j]*A[i,j])
    """,
}
