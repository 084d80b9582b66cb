; Where the processor is not asked to take subnormal numbers for 0, the translated code does it.

define internal void @emulator.flush(ptr %saved, ptr %launch) alwaysinline {
  ret void
}

define internal void @emulator.restore(ptr %saved) alwaysinline {
  ret void
}
