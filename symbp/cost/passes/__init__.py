"""Rules by which a program is made smaller; each turns a program into an equal one.

Those that keep every quantity of the person's model (`named` applies them all; what they save is there at any sizes):

    signs        g = −f stored as f; −(a − b) c = (b − a) c        Zhou's g_j costs what Nielsen's δ_j costs
    copies       with a_i = b_i, c a_i is c b_i                    a gradient that is an error term
    dead         what no output needs is dropped                   ∂E/∂u where only ∂E/∂v is wanted
    factoring    Σ_k p_j y_k = p_j Σ_k y_k                         a mixture's distances in two gradients
    reciprocals  with r = 1/u, a u^−2 is a r²                      the scalar expression with one quotient
    invariants   a part only for the indices that it depends on    softmax with any target: Σ_k y_k once
    common       equal parts once, also in products and sums       ŷ − y in the loss and in δ; w_p h_p of a convolution
    prefix       Π_{j ≠ i} x_j from first and last factors         a product and all its derivatives: 3n − 5
    across       b_h Σ_j w_hj g_j = Σ_j w_hj ∂E/∂w_hj              any dense layer with a sigmoid before it
    tidy         a line read once is written where it is read
"""
