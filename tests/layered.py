"""Texts in which many statements are worded alike: networks written out layer by layer, whole and damaged."""

from __future__ import annotations

import re
from random import Random

HEADS = (
    "index i in 1..n, j in 1..n\ninput x[i]\ntarget y[i]\ngate(a, b) = a*sigmoid(b) + b",
    "index i in 1..n\ninput x[i]\ntarget y[i]\ngate(a, b) = a*sigmoid(b) + b\nsize n = 4",
)

LAYERS = (
    "param W{k}[i,j], b{k}[i]\nz{k}[i] = sum(j, W{k}[i,j]*{a}[j]) + b{k}[i]\na{k}[i] = sigmoid(z{k}[i])",
    "param W{k}[i,j]\na{k}[i] = softmax(i, sum(j, W{k}[i,j]*{a}[j]))",
    "param g{k}[i]\na{k}[i] = g{k}[i]*({a}[i] - mean(j, {a}[j]))/sqrt(mean(j, ({a}[j] - mean(k, {a}[k]))^2) + 0.0{d})",
    "param W{k}[i,j]\na{k}[i] = max(j, W{k}[i,j]*{a}[j]) + {d}*{a}[i]^{d}",
    "param u{k}\na{k}[i] = where(i < {d}, {a}[i]*u{k}, tanh({a}[i])) + logsumexp(j, {a}[j]*u{k})",
    "param u{k}\na{k}[i] = pad({a}[i-1], {d})*u{k} + gate({a}[i], u{k})",
    "param α{k}[i]\na{k}[i] = exp(-(α{k}[i]*{a}[i])) / (1 + exp({a}[i])) * sum(m in 1..{d}, α{k}[i]^m)",
    "param u{k}\na{k}[1] = {a}[1]*u{k}\na{k}[i] = {a}[i-1]*u{k} + {a}[i]",
    "param W{k}[i,i2], v{k}[i2]\nq{k}[i2] = prod(i, W{k}[i,i2] + {a}[i])\n"
    "a{k}[i] = sum(j if j != i, {a}[j]*W{k}[i,j]) + sum(i2, q{k}[i2])*{d}",
    "show a{k}[i] as a^{k}_i\na{k}[i] = {a}[i] # layer {k}",
    "role a{k} = activation\na{k}[i] =  relu( {a}[i] ) - -{d}",
    "param w{k}\na{k}[i] = w{k}*{a}[i] + w{k}^2*{a}[i] + {a}[i]*{a}[i]",
    "param w{k}\na{k}[i] = w{k}*{a}[i] + w{k}^2*{a}[i] + {a}[i]*x[i]",
    "input t{k}[i] in 1..n\na{k}[i] = {a}[t{k}[i]]*{d} + {a}[i]",
    "param W{k}[i,j]\na{k}[i] = sum(j, W{k}[i,j]*{a}[j]) + sum(j, W{k}[j,i]*{a}[j])*(1 + sum(j, {a}[j]*{a}[j]))",
    "param b{k}[i,j]\na{k}[i] = sum(j,\n  b{k}[i,j] *\n  {a}[j])",
    "assume x[i] > {d}\na{k}[i] = log(x[i])*{a}[i]",
)

SIGNS = (
    *"()[]{},+-*/^=<>.#|$é", "\n", "  ", "in", "if", "sum", "where", "input", "param", "2", "1e9", "x", "i", "j", "n",
    "as", "or", "1..3", "==", "grad", "0.5", "network", "softmax", "9" * 60, "a" * 120, "e\u0301", "\u200b", "s_s",
)


def layered(random: Random) -> str:
    """A network of a few kinds of layers; now and then a name is used twice or stands for nothing."""
    kinds = random.sample(LAYERS, random.randint(1, 4))
    lines = [random.choice(HEADS)]
    before = "x"
    for k in range(1, random.randint(2, 12)):
        number = random.choice((k, max(k - 1, 1))) if random.random() < 0.05 else k
        lines.append(random.choice(kinds).format(k=number, a=before, d=random.randint(1, 4)))
        before = f"a{number}"
    return "\n".join((*lines, f"loss E = 1/2*sum(i, ({before}[i]-y[i])^2)"))


def damaged(text: str, random: Random) -> str:
    """The text with up to three words or signs taken out, put in, exchanged or replaced."""
    words = re.findall(r"\w+|[^\w\s]|\s", text)
    for _ in range(random.randint(1, 3)):
        at, other = random.randrange(len(words)), random.randrange(len(words))
        match random.randrange(4):
            case 0:
                words[at] = ""
            case 1:
                words.insert(at, random.choice(SIGNS))
            case 2:
                words[at] = random.choice((*SIGNS, words[other]))
            case _:
                words[at], words[other] = words[other], words[at]
    return "".join(words)
