"""The operations of the language as LLVM instructions, written once for the CPU and for CUDA."""
