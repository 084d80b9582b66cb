"""Running the points of a kernel as the lanes of vectors: an SPMD vectoriser on LLVM IR.

LLVM's own vectoriser widens innermost loops only, and refuses loops whose exits depend on the data. Here the kernel's
scalar code, optimised and in SSA form, is widened as a whole: neighbouring points become lanes, branches that differ
between lanes become masks, loops run until the last lane has left. Group kernels are cut at their barriers as well.

`reader` takes LLVM's text apart; `graph` knows dominators and loops; `shapes` finds what is equal in all lanes or
advances by a fixed step; `regions` which blocks need masks; `lanes` writes the vector code; `phases` cuts at barriers.
`unrolling` takes loops with barriers apart, `order` tells which group comes next, `patterns` where lanes stand where no
stride does, `places` in which vectors, `windows` makes shuffles of that, `transposing` of loads that `rising` brings
together, `interleaving` of stores that leave no gap. `fusing` drops barriers that vectors need not wait at, and `sweeps` puts
some in so that memory is read in order.
`turns` hands on what the next turn of a loop would compute anew, `leaving` cuts what lanes leave loops with, `pressure`
says how many registers a value gets; `logarithm`, `roots`, `scaling` and `powers` are arithmetic. `lent` reads tiles where
the rows that they would copy lie, of which `polynomials` and `counters` tell, and `longer` goes through several such tiles
at once. `mirrored` finds kernels that only mirror a matrix, for which `mirroring` has an order of its own.

References: R. Karrenberg, S. Hack, "Whole-Function Vectorization", CGO 2011; S. Moll, S. Hack, "Partial control-flow
linearization", PLDI 2018; M. Pharr, W. Mark, "ispc: a SPMD compiler for high-performance CPU programming", InPar 2012.
"""
