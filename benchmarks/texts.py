"""The texts of the networks that are timed; `prefix` gives every name of a run its own letters."""

from __future__ import annotations


def hidden(d: int, q: int, outputs: int, prefix: str = "") -> str:
    """One hidden layer, sigmoid, biases added, squared error."""
    p = prefix
    return "\n".join([
        f"index i in 1..{d}, h in 1..{q}, j in 1..{outputs}",
        f"input {p}x[i]",
        f"target {p}y[j]",
        f"param {p}v[i,h], {p}c[h], {p}w[h,j], {p}t[j]",
        f"{p}a[h] = sum(i, {p}v[i,h]*{p}x[i]) + {p}c[h]",
        f"{p}b[h] = sigmoid({p}a[h])",
        f"{p}s[j] = sum(h, {p}w[h,j]*{p}b[h]) + {p}t[j]",
        f"{p}o[j] = sigmoid({p}s[j])",
        f"loss E = 1/2*sum(j, ({p}o[j] - {p}y[j])^2)",
    ])


def layers(count: int, width: int | str, prefix: str = "") -> str:
    """tanh, no biases, each layer written out with names of its own."""
    p = prefix
    lines = [f"index i in 1..{width}, j in 1..{width}", f"input {p}x[i]", f"target {p}y[i]"]
    for k in range(1, count + 1):
        before = f"{p}x" if k == 1 else f"{p}a{k - 1}"
        lines += [
            f"param {p}W{k}[i,j]",
            f"{p}z{k}[i] = sum(j, {p}W{k}[i,j]*{before}[j])",
            f"{p}a{k}[i] = tanh({p}z{k}[i])",
        ]
    return "\n".join([*lines, f"loss E = 1/2*sum(i, ({p}a{count}[i] - {p}y[i])^2)"])


def deep(depth: int, width: int, prefix: str = "") -> str:
    """The same with a layer index."""
    p = prefix
    return "\n".join([
        f"size L = {depth}",
        f"index l in 1..L, i in 1..{width}, j in 1..{width}",
        f"input {p}x[i]",
        f"target {p}y[i]",
        f"param {p}W[l,i,j]",
        f"{p}a[0,i] = {p}x[i]",
        f"{p}a[l,i] = tanh(sum(j, {p}W[l,i,j]*{p}a[l-1,j]))",
        f"loss E = 1/2*sum(i, ({p}a[L,i] - {p}y[i])^2)",
    ])
