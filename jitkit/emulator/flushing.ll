; Letting the processor take subnormal numbers for 0, as operands (DAZ, bit 6 of MXCSR) and as results (FTZ, bit 15).

declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)

; Keeps the processor's state in %saved, and changes it if the launch says so.
define internal void @emulator.flush(ptr %saved, ptr %launch) alwaysinline {
  %changed = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %saved)
  %asked = get Launch.flushing %launch
  %on = icmp ne i32 %asked, 0
  %bits = select i1 %on, i32 32832, i32 0
  %old = load i32, ptr %saved
  %new = or i32 %old, %bits
  store i32 %new, ptr %changed
  call void @llvm.x86.sse.ldmxcsr(ptr %changed)
  ret void
}

define internal void @emulator.restore(ptr %saved) alwaysinline {
  call void @llvm.x86.sse.ldmxcsr(ptr %saved)
  ret void
}
