; Whether an access may be made: inside an array that was passed in (or the block's shared memory, the thread's local
; memory, the module's variables), and aligned to its own size.

define i1 @emulator.check(ptr %thread, ptr %block, i64 %address, i64 %size, i32 %line, i32 %access) noinline {
entry:
  %less = sub i64 %size, 1
  %bits = and i64 %size, %less
  %power = icmp eq i64 %bits, 0
  %rest = and i64 %address, %less
  %crooked = icmp ne i64 %rest, 0
  %misaligned = and i1 %power, %crooked
  br i1 %misaligned, label %askew, label %place
askew:
  call void @emulator.strike(ptr %thread)
  call void @emulator.report(ptr %thread, ptr %block, i32 $Error.MISALIGNED, i32 %line, i32 %access, i64 %address, i64 %size)
  ret i1 false
place:
  %end = add i64 %address, %size
  %space = lshr i32 %access, 8
  switch i32 %space, label %shared [
    i32 $Space.GLOBAL, label %global
    i32 $Space.CONST, label %variables
    i32 $Space.LOCAL, label %local
    i32 $Space.PARAM, label %fine
  ]
shared:
  %base.p = get Block.shared %block
  %length.32 = get Block.shared_size %block
  %base = ptrtoint ptr %base.p to i64
  %length = zext i32 %length.32 to i64
  %limit = add i64 %base, %length
  %in.shared = call i1 @emulator.within(i64 %address, i64 %end, i64 %base, i64 %limit)
  br i1 %in.shared, label %fine, label %not.shared
not.shared:
  %generic = icmp eq i32 %space, $Space.GENERIC
  br i1 %generic, label %local, label %bad
local:
  %low = get Thread.local_low %thread
  %high = get Thread.local_high %thread
  %in.local = call i1 @emulator.within(i64 %address, i64 %end, i64 %low, i64 %high)
  br i1 %in.local, label %fine, label %not.local
not.local:
  %only.local = icmp eq i32 %space, $Space.LOCAL
  br i1 %only.local, label %bad, label %variables
variables:
  %own.p = get Block.globals %block
  %own.size = get Block.globals_size %block
  %own = ptrtoint ptr %own.p to i64
  %own.end = add i64 %own, %own.size
  %in.own = call i1 @emulator.within(i64 %address, i64 %end, i64 %own, i64 %own.end)
  br i1 %in.own, label %fine, label %not.own
not.own:
  %constant = icmp eq i32 %space, $Space.CONST
  br i1 %constant, label %bad, label %arrays
global:
  br label %arrays
arrays:
  %ranges = get Block.ranges %block
  %count = get Block.range_count %block
  %found = call i1 @emulator.search(ptr %ranges, i64 %count, i64 %address, i64 %end)
  br i1 %found, label %fine, label %not.array
not.array:
  %named = icmp eq i32 %space, $Space.GLOBAL
  br i1 %named, label %last, label %bad
last:
  %g.p = get Block.globals %block
  %g.size = get Block.globals_size %block
  %g = ptrtoint ptr %g.p to i64
  %g.end = add i64 %g, %g.size
  %in.g = call i1 @emulator.within(i64 %address, i64 %end, i64 %g, i64 %g.end)
  br i1 %in.g, label %fine, label %bad
fine:
  ret i1 true
bad:
  call void @emulator.strike(ptr %thread)
  call void @emulator.report(ptr %thread, ptr %block, i32 $Error.OUT_OF_BOUNDS, i32 %line, i32 %access, i64 %address, i64 %size)
  ret i1 false
}

define internal i1 @emulator.within(i64 %address, i64 %end, i64 %low, i64 %high) alwaysinline {
  %above = icmp uge i64 %address, %low
  %below = icmp ule i64 %end, %high
  %ordered = icmp ule i64 %address, %end
  %both = and i1 %above, %below
  %in = and i1 %both, %ordered
  ret i1 %in
}

; Tells whether an access lies in one of the ranges, which are sorted and do not overlap.
define internal i1 @emulator.search(ptr %ranges, i64 %count, i64 %address, i64 %end) {
entry:
  br label %halve
halve:
  %from = phi i64 [ 0, %entry ], [ %from.next, %narrow ]
  %to = phi i64 [ %count, %entry ], [ %to.next, %narrow ]
  %open = icmp ult i64 %from, %to
  br i1 %open, label %look, label %none
look:
  %sum = add i64 %from, %to
  %middle = lshr i64 %sum, 1
  %twice = shl i64 %middle, 1
  %low.p = getelementptr i64, ptr %ranges, i64 %twice
  %high.p = getelementptr i64, ptr %low.p, i64 1
  %low = load i64, ptr %low.p
  %high = load i64, ptr %high.p
  %in = call i1 @emulator.within(i64 %address, i64 %end, i64 %low, i64 %high)
  br i1 %in, label %found, label %narrow
narrow:
  %left = icmp ult i64 %address, %low
  %after = add i64 %middle, 1
  %from.next = select i1 %left, i64 %from, i64 %after
  %to.next = select i1 %left, i64 %middle, i64 %to
  br label %halve
found:
  ret i1 true
none:
  ret i1 false
}

define internal void @emulator.strike(ptr %thread) alwaysinline {
  %old = get Thread.strikes %thread
  %new = add i32 %old, 1
  set Thread.strikes %thread, %new
  ret void
}

; Tells whether a thread whose access was refused ends here: the launch has failed, or it goes on and on.
define i1 @emulator.lost(ptr %thread, ptr %block) noinline {
entry:
  %strikes = get Thread.strikes %thread
  %often = icmp ugt i32 %strikes, 1000
  %failed = call i1 @emulator.failed(ptr %block)
  %lost = or i1 %often, %failed
  br i1 %lost, label %count, label %done
count:
  %old = get Block.lost %block
  %new = add i32 %old, 1
  set Block.lost %block, %new
  br label %done
done:
  ret i1 %lost
}

; Tells whether errors of a kind at a line are not reported.
define internal i1 @emulator.ignored(ptr %block, i32 %kind, i32 %line) {
entry:
  %pairs = get Block.ignored %block
  %count = get Block.ignored_count %block
  br label %next
next:
  %i = phi i64 [ 0, %entry ], [ %i.next, %look ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %look, label %none
look:
  %twice = shl i64 %i, 1
  %kind.p = getelementptr i32, ptr %pairs, i64 %twice
  %line.p = getelementptr i32, ptr %kind.p, i64 1
  %its.kind = load i32, ptr %kind.p
  %its.line = load i32, ptr %line.p
  %same.kind = icmp eq i32 %its.kind, %kind
  %same.line = icmp eq i32 %its.line, %line
  %same = and i1 %same.kind, %same.line
  %i.next = add i64 %i, 1
  br i1 %same, label %found, label %next
found:
  ret i1 true
none:
  ret i1 false
}

; Writes the first error of a launch; whoever comes later writes nothing.
define internal void @emulator.report(ptr %thread, ptr %block, i32 %kind, i32 %line, i32 %access, i64 %address, i64 %size) noinline cold {
  call void @emulator.report_pair(ptr %thread, ptr %block, i32 %kind, i32 %line, i32 %access, i64 %address, i64 %size, i64 -1)
  ret void
}

define internal void @emulator.report_pair(ptr %thread, ptr %block, i32 %kind, i32 %line, i32 %access, i64 %address, i64 %size, i64 %other) noinline cold {
entry:
  %ignored = call i1 @emulator.ignored(ptr %block, i32 %kind, i32 %line)
  br i1 %ignored, label %done, label %try
try:
  %error = get Block.error %block
  %at = getelementptr %emulator.Error, ptr %error, i32 0, i32 $Error.kind
  %pair = cmpxchg ptr %at, i32 0, i32 %kind monotonic monotonic
  %first = extractvalue { i32, i1 } %pair, 1
  br i1 %first, label %write, label %done
write:
  %x = get Block.ctaid.x %block
  %y = get Block.ctaid.y %block
  %z = get Block.ctaid.z %block
  %nx = get Block.nctaid.x %block
  %ny = get Block.nctaid.y %block
  %zy = mul i32 %z, %ny
  %row = add i32 %zy, %y
  %row.64 = zext i32 %row to i64
  %nx.64 = zext i32 %nx to i64
  %x.64 = zext i32 %x to i64
  %before = mul i64 %row.64, %nx.64
  %number = add i64 %before, %x.64
  %index = get Thread.index %thread
  set Error.line %error, %line
  set Error.thread %error, %index
  set Error.access %error, %access
  set Error.block %error, %number
  set Error.address %error, %address
  set Error.size %error, %size
  %shared.p = get Block.shared %block
  %shared = ptrtoint ptr %shared.p to i64
  set Error.shared %error, %shared
  set Error.other %error, %other
  br label %done
done:
  ret void
}

define void @emulator.fail(ptr %thread, ptr %block, i32 %kind, i32 %line) noinline cold {
  call void @emulator.report(ptr %thread, ptr %block, i32 %kind, i32 %line, i32 0, i64 0, i64 0)
  ret void
}
